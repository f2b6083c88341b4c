import { expect, test } from 'vitest';
import { AnswerRooms } from './answer-rooms.ts';

const { signal } = new AbortController();
const callerOf = (organizationId: string) => ({ keyId: organizationId, organizationId, name: organizationId, scopes: new Set<string>() });
const large = 4 * 1024 * 1024;

/** Asks for pages, and notes who is making one. */
function useRooms() {
  const rooms = new AnswerRooms();
  const begun: string[] = [];
  const enter = async (organization: string) => {
    const room = await rooms.enter(callerOf(organization), signal);
    begun.push(organization);
    return room;
  };
  return { enter, begun, settled: () => new Promise(setImmediate) };
}

test('an organization with large pages makes one at a time, and a small page of another does not wait', async () => {
  const { enter, begun, settled } = useRooms();
  (await enter('quiet')).keep(2000);
  const first = await enter('loud');
  const others = [enter('loud'), enter('loud')];
  await settled();
  await enter('quiet');
  expect(begun).toEqual(['quiet', 'loud', 'quiet']);
  first.keep(large);
  await others[0];
  expect(begun).toEqual(['quiet', 'loud', 'quiet', 'loud']);
});

test('small pages are made at the same time', async () => {
  const { enter, begun, settled } = useRooms();
  (await enter('acme')).keep(2000);
  for (let i = 0; i < 6; i++) void enter('acme');
  await settled();
  expect(begun).toHaveLength(7);
});

test('pages that are not received leave a quarter of the bytes to others', async () => {
  const { enter, begun, settled } = useRooms();
  const held = [];
  for (let i = 0; i < 12; i++) {
    const room = await enter('loud');
    room.keep(large);
    held.push(room);
  }
  void enter('loud');
  await settled();
  expect(begun).toHaveLength(12);
  (await enter('quiet')).keep(large);
  held[0]?.[Symbol.dispose]();
  held[1]?.[Symbol.dispose]();
  await settled();
  expect(begun.filter((organization) => organization === 'loud')).toHaveLength(13);
});
