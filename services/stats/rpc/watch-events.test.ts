import { type TestStats, useStats } from '@dispatcher/testing/services/use-stats.ts';
import type { Event } from '@recursiv/proto/gen/dispatcher/v1/event_pb.ts';
import type { WatchEventsResponse } from '@recursiv/proto/gen/dispatcher/v1/stats_pb.ts';
import { describe, expect, it } from 'vitest';

describe('watching events', () => {
  it('begins with the next event, and has every position', async () => {
    await using stats = await useStats();
    await stats.createTask('before');
    await numbered(stats, 1);
    using watch = watchFrom(stats.client('acme').watchEvents({}, { signal: AbortSignal.timeout(120_000) }));
    await watch.live;
    for (let i = 0; i < 5; i++) await stats.createTask(`t${i}`);
    expect((await watch.take(5)).map((event) => [Number(event.position), event.taskId])).toEqual([0, 1, 2, 3, 4].map((i) => [i + 2, `t${i}`]));
  });

  it('resumes after a position while events are written, and has every event exactly once', async () => {
    await using stats = await useStats();
    const writing = (async () => {
      for (let i = 0; i < 300; i++) await stats.createTask(`t${i}`);
    })();
    await numbered(stats, 50);
    using watch = watchFrom(stats.client('admin').watchEvents({ after: 10n }, { signal: AbortSignal.timeout(120_000) }));
    const events = await watch.take(290);
    await writing;
    expect(events.map((event) => Number(event.position))).toEqual(Array.from({ length: 290 }, (_, i) => i + 11));
  });

  it('shows an organization only its own events, and only the types that it asked for', async () => {
    await using stats = await useStats();
    await stats.createTask('theirs', { organization_id: 'globex' });
    await stats.createTask('mine');
    await stats.changeTask('mine', 'task.updated', `title = 'new'`);
    await numbered(stats, 3);
    using watch = watchFrom(stats.client('acme').watchEvents({ after: 0n, types: ['task.updated'] }, { signal: AbortSignal.timeout(120_000) }));
    await watch.live;
    await stats.createTask('mine too');
    await stats.changeTask('mine too', 'task.updated', `title = 'new'`);
    expect((await watch.take(2)).map((event) => [Number(event.position), event.taskId])).toEqual([
      [3, 'mine'],
      [5, 'mine too'],
    ]);
  });

  it('shows the notes of a release, both from the log and live', async () => {
    await using stats = await useStats();
    await stats.createTask('t');
    await numbered(stats, 1);
    const client = stats.client('acme');
    const options = { signal: AbortSignal.timeout(120_000) };
    using live = watchFrom(client.watchEvents({ types: ['task.released'] }, options));
    await live.live;
    const said = { releaseReason: `'timeout'`, notes: `'no database'`, availableAt: `timestamptz '2030-01-02 09:00Z'` };
    await stats.changeTask('t', 'task.released', `status = 'pending'`, said);
    const [event] = await live.take(1);
    expect(event).toMatchObject({ releaseReason: 'timeout', notes: 'no database', availableAt: { seconds: 1893574800n } });
    using replayed = watchFrom(client.watchEvents({ types: ['task.released'], after: 0n }, options));
    expect(await replayed.take(1)).toEqual([event]);
  });

  it.each([
    ['the future', 99n, /future/],
    ['what is no longer kept', 1n, /no longer kept/],
  ])('sends one reset for a position from %s, then the live events', async (_name, after, reason) => {
    await using stats = await useStats();
    for (let i = 0; i < 5; i++) await stats.createTask(`t${i}`);
    await numbered(stats, 5);
    await stats.database.pool.query('DELETE FROM event_positions WHERE position < 4');
    using watch = watchFrom(stats.client('acme').watchEvents({ after }, { signal: AbortSignal.timeout(120_000) }));
    await watch.live;
    await stats.createTask('next');
    expect((await watch.take(1)).map((event) => Number(event.position))).toEqual([6]);
    expect(watch.resets).toEqual([{ reason: expect.stringMatching(reason), position: 5n }]);
  });

  it('resumes from a position that is no longer kept when no event of its own is gone', async () => {
    await using stats = await useStats();
    const { pool } = stats.database;
    await stats.createTask('mine');
    await stats.createTask('theirs', { organization_id: 'globex' });
    await stats.changeTask('theirs', 'task.updated', `title = 'new'`);
    await stats.createTask('mine too');
    await numbered(stats, 4);
    await pool.query('DELETE FROM event_positions WHERE position < 4');
    const resumed = async (caller: string, request: { after: bigint; types?: string[]; organizationId?: string }) => {
      using watch = watchFrom(stats.client(caller).watchEvents(request, { signal: AbortSignal.timeout(120_000) }));
      await watch.live;
      return watch.resets.length > 0 ? 'reset' : (await watch.take(watch.has())).map(({ taskId }) => taskId);
    };
    expect(await resumed('acme', { after: 1n })).toEqual(['mine too']);
    expect(await resumed('acme', { after: 0n })).toBe('reset');
    expect(await resumed('acme', { after: 0n, types: ['task.updated'] })).toEqual([]);
    expect(await resumed('globex', { after: 2n })).toBe('reset');
    expect(await resumed('globex', { after: 2n, types: ['task.created'] })).toEqual([]);
    expect(await resumed('admin', { after: 2n })).toBe('reset');
    expect(await resumed('admin', { after: 3n })).toEqual(['mine too']);
    expect(await resumed('admin', { after: 2n, types: ['task.created'] })).toEqual(['mine too']);
    expect(await resumed('admin', { after: 2n, organizationId: 'acme' })).toEqual(['mine too']);
  });

  it('a reader who stops in the middle of a replay does not block other readers', async () => {
    await using stats = await useStats();
    await stats.createTask('t');
    await numbered(stats, 1);
    const signal = AbortSignal.timeout(120_000);
    const stuck = Array.from({ length: 9 }, () => stats.client('acme').watchEvents({ after: 0n }, { signal })[Symbol.asyncIterator]());
    await Promise.all(stuck.map((reader) => reader.next()));
    using watch = watchFrom(stats.client('acme').watchEvents({ after: 0n }, { signal }));
    expect((await watch.take(1)).map((event) => event.taskId)).toEqual(['t']);
    await Promise.all(stuck.map((reader) => reader.return?.()));
  });

  it('ends a replay that paused until its next events were deleted', async () => {
    await using stats = await useStats();
    await stats.database.pool.query(
      `WITH event AS (
        INSERT INTO task_events (organization_id, task_id, type, attempt, title, status, stage, score)
        SELECT 'acme', 't' || n, 'task.created', 0, 't', 'pending', 'build', 0 FROM generate_series(1, 700) AS n RETURNING id
      ) INSERT INTO unpublished (event_id) SELECT id FROM event`,
    );
    await numbered(stats, 700);
    const reader = stats
      .client('acme')
      .watchEvents({ after: 0n }, { signal: AbortSignal.timeout(120_000) })
      [Symbol.asyncIterator]();
    expect((await reader.next()).value?.events).toHaveLength(500);
    await stats.database.pool.query('DELETE FROM event_positions WHERE position <= 600');
    await expect(reader.next()).rejects.toThrow('no longer kept');
  });

  it('reads from the log what the bus has lost', async () => {
    await using stats = await useStats();
    using watch = watchFrom(stats.client('acme').watchEvents({}, { signal: AbortSignal.timeout(120_000) }));
    await watch.live;
    await stats.bus[Symbol.asyncDispose]();
    await stats.createTask('t');
    expect((await watch.take(1)).map((event) => event.taskId)).toEqual(['t']);
  });
});

/** Waits until the service has seen the event of a position: later than the database, which numbers it. */
async function numbered(stats: TestStats, position: number): Promise<void> {
  await expect.poll(() => newestSeen(stats), { timeout: 10_000 }).toBeGreaterThanOrEqual(position);
}

/** Where a stream begins that does not resume. */
async function newestSeen(stats: TestStats): Promise<number> {
  for await (const { position } of stats.client('admin').watchEvents({})) return Number(position);
  return 0;
}

/** Reads a stream in the background; `live` resolves with its first message after any replay or reset. */
function watchFrom(messages: AsyncIterable<WatchEventsResponse>) {
  const iterator = messages[Symbol.asyncIterator]();
  const events: Event[] = [];
  const resets: { reason: string; position: bigint }[] = [];
  const live = Promise.withResolvers<void>();
  let wake: () => void = () => undefined;
  const reading = (async () => {
    for await (const message of { [Symbol.asyncIterator]: () => iterator }) {
      if (message.reset) resets.push({ reason: message.reset.reason, position: message.reset.position });
      else if (message.events.length === 0) live.resolve();
      events.push(...message.events);
      wake();
    }
  })();
  reading.catch(live.reject);
  return {
    resets,
    live: live.promise,
    /** The number of events received so far. */
    has: () => events.length,
    async take(count: number): Promise<Event[]> {
      while (events.length < count) await Promise.race([reading, new Promise<void>((resolve) => (wake = resolve))]);
      return events.slice(0, count);
    },
    [Symbol.dispose]: () => void reading.catch(() => undefined),
  };
}
