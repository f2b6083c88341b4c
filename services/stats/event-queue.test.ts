import { create } from '@bufbuild/protobuf';
import { type Event, EventSchema } from '@recursiv/proto/gen/dispatcher/v1/event_pb.ts';
import { expect, test } from 'vitest';
import { eventQueue } from './event-queue.ts';

/** A feed that a test moves. */
function createFeed() {
  const listeners = new Set<(events: readonly Event[]) => void>();
  let position = 0;
  return {
    get position() {
      return position;
    },
    listen(listener: (events: readonly Event[]) => void) {
      listeners.add(listener);
      return { [Symbol.dispose]: () => void listeners.delete(listener) };
    },
    append(...organizations: string[]) {
      const events = organizations.map((organizationId, i) => create(EventSchema, { organizationId, position: BigInt(position + i + 1) }));
      position += events.length;
      for (const listener of listeners) listener(events);
    },
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}

test('a reader learns its position while nothing happens that it wants', async () => {
  const feed = createFeed();
  using queue = eventQueue(feed, ({ organizationId }) => organizationId === 'acme', 5);
  const batches = queue.batches(new AbortController().signal);
  feed.append('acme', 'globex');
  expect((await batches.next()).value).toMatchObject({ events: [{ position: 1n }], position: 2 });
  feed.append('globex');
  expect((await batches.next()).value).toEqual({ events: [], position: 3 });
  await batches.return(undefined);
});

test('the position of a batch never passes an event that still waits', async () => {
  const feed = createFeed();
  using queue = eventQueue(feed, () => true, 1);
  const batches = queue.batches(new AbortController().signal);
  let last = 0;
  for (let round = 0; round < 50; round++) {
    // The batch is made before this event, or has it.
    setTimeout(() => feed.append('acme'), round % 3);
    const { value } = await batches.next();
    if (value === undefined || value === 'overflow') throw new Error('the queue ended');
    for (const { position } of value.events) expect(Number(position)).toBe(++last);
    expect(value.position).toBe(last);
  }
  await batches.return(undefined);
});
