import { create, toBinary } from '@bufbuild/protobuf';
import { openDatabase } from '@dispatcher/database/connection/database.ts';
import type { Pool } from '@dispatcher/database/connection/pool.ts';
import { openNatsBus } from '@dispatcher/kit/bus/nats-bus.ts';
import { createLog } from '@dispatcher/kit/telemetry/log.ts';
import { freePort } from '@dispatcher/testing/harness/free-port.ts';
import { hasNatsServer, startNatsServer } from '@dispatcher/testing/harness/start-nats-server.ts';
import { testWhere } from '@dispatcher/testing/harness/test-where.ts';
import { useDatabase } from '@dispatcher/testing/harness/use-database.ts';
import { useFolder } from '@dispatcher/testing/harness/use-folder.ts';
import { EventSchema } from '@recursiv/proto/gen/dispatcher/v1/event_pb.ts';
import { expect, vi } from 'vitest';
import { startEventFeed } from './event-feed.ts';
import { startRelay } from './relay.ts';

const test = testWhere(hasNatsServer, 'nats-server');

const log = createLog('silent');

/** A relay on a real NATS server that the test can stop and start. */
async function useRelay() {
  const resources = new AsyncDisposableStack();
  const { path: storeDir } = resources.use(await useFolder());
  const { url } = resources.use(await useDatabase());
  const { pool } = resources.use(await openDatabase(url));
  const port = await freePort();
  const start = () => startNatsServer({ port, storeDir });
  const server = resources.use(await start());
  const bus = resources.use(await openNatsBus({ NATS_URL: server.url, NATS_SUBJECT_PREFIX: 'dispatcher' }, 'one', log));
  await vi.waitFor(() => expect(bus.connected).toBe(true));
  resources.use(startRelay(pool, bus, log));
  const stop = async () => {
    await server[Symbol.asyncDispose]();
    await vi.waitFor(() => expect(bus.connected).toBe(false));
  };
  const startAgain = async () => resources.use(await start());
  return { pool, bus, url: server.url, stop, startAgain, [Symbol.asyncDispose]: () => resources.disposeAsync() };
}

async function insertEvents(pool: Pool, count: number): Promise<void> {
  await pool.query(
    `WITH event AS (
      INSERT INTO task_events (organization_id, task_id, type, attempt, title, status, stage, score)
      SELECT 'acme', 'task-' || n, 'task.created', 0, 'A task', 'pending', 'build', 0 FROM generate_series(1, $1) AS n RETURNING id
    )
    INSERT INTO unpublished (event_id) SELECT id FROM event`,
    [count],
  );
}

async function untilNumbered(pool: Pool, count: number, timeout: number): Promise<void> {
  const numbered = async () => (await pool.query<{ position: string }>('SELECT position FROM relay_state')).rows[0]?.position;
  await vi.waitFor(async () => expect(await numbered()).toBe(String(count)), { timeout, interval: 50 });
}

test('events that were numbered while NATS was away are published when it is back, without any new event', async () => {
  await using relay = await useRelay();
  await relay.stop();
  await insertEvents(relay.pool, 3);
  await untilNumbered(relay.pool, 3, 5_000);
  await relay.startAgain();
  await using outsider = await openNatsBus({ NATS_URL: relay.url, NATS_SUBJECT_PREFIX: 'dispatcher' }, 'one', log);
  const got = new Set<string>();
  outsider.subscribe('events.>', (payload) => void got.add(Buffer.from(payload).toString('base64')));
  await vi.waitFor(() => expect(got.size).toBe(3), { timeout: 8_000 });
});

test('events get their positions as fast as ever while NATS is away', async () => {
  await using relay = await useRelay();
  await relay.stop();
  await insertEvents(relay.pool, 12_000);
  await untilNumbered(relay.pool, 12_000, 7_000);
});

test('new events get their positions at once while the relay publishes what NATS has missed', async () => {
  await using relay = await useRelay();
  await relay.stop();
  const missed = 60_000;
  await relay.pool.query(
    `WITH event AS (
      INSERT INTO task_events (organization_id, task_id, type, attempt, title, status, stage, score)
      SELECT 'acme', 'task-' || n, 'task.created', 0, 'A task', 'pending', 'build', 0 FROM generate_series(1, ${missed}) AS n RETURNING id
    ), placed AS (INSERT INTO event_positions (position, event_id, organization_id) SELECT row_number() OVER (ORDER BY id), id, 'acme' FROM event)
    UPDATE relay_state SET position = ${missed}`,
  );
  await relay.startAgain();
  await insertEvents(relay.pool, 1);
  await untilNumbered(relay.pool, missed + 1, 3_000);
  const published = async () => Number((await relay.pool.query<{ at: string }>('SELECT published_position AS at FROM relay_state')).rows[0]?.at);
  let before = await published();
  for (let i = 1; before < missed; i++) {
    await insertEvents(relay.pool, 1);
    await untilNumbered(relay.pool, missed + 1 + i, 1_500);
    before = await published();
  }
  await vi.waitFor(async () => expect(await published()).toBeGreaterThan(missed), { timeout: 10_000 });
});

test('messages that a stranger writes on NATS do not change what readers see', async () => {
  await using relay = await useRelay();
  await using feed = await startEventFeed(relay.pool, relay.bus, log);
  const seen: string[] = [];
  using _listening = feed.listen((events) => void seen.push(...events.map((event) => `${event.position} ${event.taskId} ${event.actor}`)));
  await using forger = await openNatsBus({ NATS_URL: relay.url, NATS_SUBJECT_PREFIX: 'dispatcher' }, 'one', log);
  await using neighbour = await openNatsBus({ NATS_URL: relay.url, NATS_SUBJECT_PREFIX: 'dispatcher' }, 'another', log);
  await vi.waitFor(() => expect([forger.connected, neighbour.connected]).toEqual([true, true]));
  for (let position = 1; position <= 3; position++) {
    const forged = create(EventSchema, {
      position: BigInt(position),
      type: 'task.completed',
      organizationId: 'acme',
      taskId: 'forged',
      actor: 'admin',
    });
    for (const stranger of [forger, neighbour]) {
      stranger.publish('events.acme.task.completed', toBinary(EventSchema, forged));
      stranger.publish('numbered', Buffer.from('{"after":0,"upTo":9000000000000000}'));
      stranger.publish('numbered', Buffer.from('no JSON'));
      await stranger.flush();
    }
    await insertEvents(relay.pool, 1);
    await vi.waitFor(() => expect(seen).toHaveLength(position), { timeout: 5_000 });
  }
  expect(seen).toEqual(['1 task-1 undefined', '2 task-1 undefined', '3 task-1 undefined']);
});
