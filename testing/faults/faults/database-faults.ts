import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { now } from '../clock.ts';
import type { World } from '../environment/environment.ts';
import { sendRequest } from '../load/send-request.ts';
import { waitUntil } from '../wait-until.ts';
import type { Outcome, Scene } from './scene.ts';

/** kill -9 of PostgreSQL, which whoever owns it starts again. */
export async function killDatabase({ world }: Scene): Promise<Outcome> {
  const before = await databaseStart(world);
  await world.killPostgres();
  await newDatabaseAnswers(world, before);
  const brokenUntil = now();
  return { brokenUntil, recoveryMs: await untilAllWrite(world) };
}

/** PostgreSQL's disk is full for a while: tables cannot grow, and are told so. */
export async function fillDisk(scene: Scene): Promise<Outcome> {
  return await withFullDisk(scene, async () => undefined);
}

/**
 * The same until the last file of the log is used up, at which PostgreSQL gives up, and cannot recover before there
 * is room.
 */
export async function useUpLog(scene: Scene): Promise<Outcome> {
  const { db } = scene.world;
  return await withFullDisk(scene, async () => void (await db.query('SELECT pg_switch_wal()').catch(() => undefined)));
}

async function withFullDisk({ world, random }: Scene, meanwhile: () => Promise<void>): Promise<Outcome> {
  const { disk } = world;
  if (!disk) throw new Error('This setup has no disk that can be full.');
  const before = await lastRecovery(world);
  const until = performance.now() + random.integer(2_000, 4_000);
  while (performance.now() < until) {
    // A checkpoint may give some of it back meanwhile.
    await disk.fill();
    await meanwhile();
    await sleep(50);
  }
  const brokenUntil = now();
  await disk.free();
  const recoveryMs = await untilAllWrite(world);
  return { brokenUntil, recoveryMs, gaveUp: (await lastRecovery(world)) !== before };
}

/** When the checkpointer was started, as it is anew after every crash. */
async function lastRecovery({ db }: World): Promise<number> {
  const [row] = await db.query<{ start: number }>(
    `SELECT extract(epoch FROM backend_start)::float8 AS start FROM pg_stat_activity WHERE backend_type = 'checkpointer'`,
  );
  return row?.start ?? 0;
}

/** How long it takes until each node writes again; null when that takes too long. */
async function untilAllWrite({ nodes, adminKey }: World): Promise<number | null> {
  const writes = async (url: string) => {
    const body = { organization_id: 'acme', title: 'After a fault', held: true };
    const { attempt } = await sendRequest({ url, method: 'POST', path: '/tasks', apiKey: adminKey, body, timeoutMs: 2_000 });
    return attempt.status === 200 || attempt.status === 201;
  };
  return await waitUntil(20_000, async () => (await Promise.all(nodes.map(({ url }) => writes(url)))).every(Boolean));
}

/** A connection outlives the server by a moment, so an answer alone does not say that it runs again. */
export async function newDatabaseAnswers(world: World, before: number): Promise<void> {
  const waited = await waitUntil(60_000, async () => (await databaseStart(world)) !== before);
  if (waited === null) throw new Error('PostgreSQL did not come back.');
}

/** When the server was started. */
export async function databaseStart({ db }: World): Promise<number> {
  const [row] = await db.query<{ start: number }>('SELECT extract(epoch FROM pg_postmaster_start_time())::float8 AS start');
  return row?.start ?? 0;
}

/** An event gets its id at once and is committed only when events with higher ids have long had their positions. */
export async function commitLate({ world, random }: Scene): Promise<Outcome> {
  const client = await world.db.connect();
  try {
    await client.query('BEGIN');
    await client.query(createTaskSql, ['acme', `late-${randomUUID()}`]);
    await sleep(random.integer(500, 2_000));
    await client.query('COMMIT');
  } finally {
    client.release();
  }
  return { brokenUntil: now() };
}

const createTaskSql = `
WITH task AS (
  INSERT INTO tasks (organization_id, id, title, rank, created_by) VALUES ($1, $2, 'Committed late', '-Infinity', 'admin') RETURNING *
),
event AS (
  INSERT INTO task_events (organization_id, task_id, type, actor, attempt, title, status, stage, score, caller)
  SELECT organization_id, id, 'task.created', created_by, 0, title, status, stage, score, '*' FROM task RETURNING id
)
INSERT INTO unpublished (event_id) SELECT id FROM event`;
