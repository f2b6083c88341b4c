import { expect, test } from 'vitest';
import { time } from '../harness/task-shape.ts';
import { type Acme, useAcme } from '../harness/use-acme.ts';
import { useStream } from '../harness/use-stream.ts';

/** Seven events: the whole life of one task. */
async function liveOneLife({ rest }: Acme, id: string): Promise<void> {
  await rest.create({ id, title: 'One', owner: 'bill', layer: 'core', milestone: 'v1', rev: 2 });
  await rest.update(id, { title: 'Two' });
  await rest.claim(id, { agent: 'ann' });
  await rest.release(id, {});
  await rest.claimNext({ agent: 'eve' });
  await rest.done(id, {});
  await rest.archive(id);
}

const types = ['task.created', 'task.updated', 'task.claimed', 'task.released', 'task.claimed', 'task.completed', 'task.archived'];

test('GET /stream sends every transition as it happens, in the form of the contract', async () => {
  await using acme = await useAcme();
  await using stream = await useStream(acme.services.url, acme.key);
  expect(stream.status).toBe(200);
  expect(stream.headers.get('content-type')).toMatch(/^text\/event-stream/);
  expect(stream.headers.get('x-accel-buffering')).toBe('no');
  await liveOneLife(acme, 'one');
  const messages = await stream.received(7);
  expect(stream.text()).toMatch(/^retry: \d+\n/);
  expect(messages.map(({ event }) => event)).toEqual(types);
  const positions = messages.map(({ id }) => Number(id));
  expect(positions).toEqual([...new Set(positions)].sort((a, b) => a - b));
  const task = { id: 'one', title: 'Two', status: 'claimed', stage: 'build', owner: 'bill', layer: 'core', milestone: 'v1', score: 3 };
  const about = { organization_id: acme.organizationId, task_id: 'one', occurred_at: time };
  expect(messages[2]?.data).toEqual({ position: positions[2], type: 'task.claimed', ...about, actor: 'ann', attempt: 1, task });
});

test('a stream resumed by Last-Event-ID or by after misses no event and repeats none', async () => {
  await using acme = await useAcme();
  await liveOneLife(acme, 'one');
  await using watching = await useStream(acme.services.url, acme.key, '?after=0');
  const seen = await watching.received(7);
  expect(seen.map(({ event }) => event)).toEqual(types);
  const counts = [0, 3, 6];
  const positions = counts.map((count) => seen[count - 1]?.id ?? '0');
  await using resumed = new AsyncDisposableStack();
  const streams = await Promise.all(positions.map((position) => useStream(acme.services.url, acme.key, '', { 'last-event-id': position })));
  for (const stream of streams) resumed.use(stream);
  await acme.rest.create({ title: 'Next' });
  for (const [i, stream] of streams.entries()) {
    const messages = await stream.received(8 - (counts[i] ?? 0));
    expect(messages.map(({ event }) => event)).toEqual([...types, 'task.created'].slice(counts[i]));
  }
});

test('a stream that cannot resume sends one reset and continues live', async () => {
  await using acme = await useAcme();
  await acme.rest.create({ title: 'One' });
  await using first = await useStream(acme.services.url, acme.key, '?after=0');
  await first.received(1);
  await using future = await useStream(acme.services.url, acme.key, '', { 'last-event-id': '99000000000' });
  const [reset] = await future.received(1);
  expect(reset).toMatchObject({ event: 'reset', data: { reason: expect.any(String), position: Number(reset?.id) } });
  await acme.rest.create({ title: 'Two' });
  expect((await future.received(2)).map(({ event }) => event)).toEqual(['reset', 'task.created']);
});

test('a stream sends only the event types that the request names', async () => {
  await using acme = await useAcme();
  await using stream = await useStream(acme.services.url, acme.key, '?types=task.released,task.completed');
  await liveOneLife(acme, 'one');
  expect((await stream.received(2)).map(({ event }) => event)).toEqual(['task.released', 'task.completed']);
});

test('the admin streams the events of all organizations, or of the one it names', async () => {
  await using acme = await useAcme({ alone: true });
  await acme.services.createKey('beta');
  await using all = await useStream(acme.services.url, acme.services.adminKey);
  await using one = await useStream(acme.services.url, acme.services.adminKey, '?organization_id=beta');
  for (const organization of [acme.organizationId, 'beta']) await acme.admin.create({ title: 'One', organization_id: organization });
  expect((await all.received(2)).map(({ data }) => data.organization_id)).toEqual([acme.organizationId, 'beta']);
  expect((await one.received(1)).map(({ data }) => data.organization_id)).toEqual(['beta']);
});

test('GET /stream refuses a wrong type, a wrong position and an unknown parameter, and names it', async () => {
  await using acme = await useAcme();
  for (const [query, field] of [
    ['types=task.eaten', 'types'],
    ['after=-1', 'after'],
    ['after=soon', 'after'],
    ['nonsense=1', 'nonsense'],
  ] as const) {
    const answer = await acme.rest.call('GET', `/stream?${query}`);
    expect(answer, query).toMatchObject({ status: 400, error: { code: 'invalid_argument' } });
    expect(answer.error.details?.field).toContain(field);
  }
});
