import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { now } from '../clock.ts';
import type { World } from '../environment/environment.ts';
import { sendRequest } from '../load/send-request.ts';
import { waitUntil } from '../wait-until.ts';
import type { Outcome, Scene } from './scene.ts';

/** Kills PostgreSQL with kill -9. Its owner starts it again. */
export async function killDatabase({ world }: Scene): Promise<Outcome> {
  const before = await databaseStart(world);
  await world.killPostgres();
  await newDatabaseAnswers(world, before);
  const brokenUntil = now();
  return { brokenUntil, recoveryMs: await untilAllWrite(world) };
}

/** Fills PostgreSQL's disk for a while. Tables cannot grow, and writes get an error. */
export async function fillDisk(scene: Scene): Promise<Outcome> {
  return await withFullDisk(scene, async () => undefined);
}

/**
 * Fills the disk until the last file of the write-ahead log is used up. PostgreSQL then crashes, and cannot recover
 * until there is space.
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
    // A checkpoint may free some space in the meantime.
    await disk.fill();
    await meanwhile();
    await sleep(50);
  }
  const brokenUntil = now();
  await disk.free();
  const recoveryMs = await untilAllWrite(world);
  return { brokenUntil, recoveryMs, gaveUp: (await lastRecovery(world)) !== before };
}

/** The start time of the checkpointer. It starts anew after every crash. */
async function lastRecovery({ db }: World): Promise<number> {
  const [row] = await db.query<{ start: number }>(
    `SELECT extract(epoch FROM backend_start)::float8 AS start FROM pg_stat_activity WHERE backend_type = 'checkpointer'`,
  );
  return row?.start ?? 0;
}

/** The time until every node can write again; null when that takes too long. */
async function untilAllWrite({ nodes, adminKey }: World): Promise<number | null> {
  const writes = async (url: string) => {
    const body = { organization_id: 'acme', title: 'After a fault', held: true };
    const { attempt } = await sendRequest({ url, method: 'POST', path: '/tasks', apiKey: adminKey, body, timeoutMs: 2_000 });
    return attempt.status === 200 || attempt.status === 201;
  };
  return await waitUntil(20_000, async () => (await Promise.all(nodes.map(({ url }) => writes(url)))).every(Boolean));
}

/** A connection may outlive the server for a moment, so an answer alone does not prove that the server runs again. */
export async function newDatabaseAnswers(world: World, before: number): Promise<void> {
  const waited = await waitUntil(60_000, async () => (await databaseStart(world)) !== before);
  if (waited === null) throw new Error('PostgreSQL did not come back.');
}

/** The start time of the server. */
export async function databaseStart({ db }: World): Promise<number> {
  const [row] = await db.query<{ start: number }>('SELECT extract(epoch FROM pg_postmaster_start_time())::float8 AS start');
  return row?.start ?? 0;
}

/** An event gets its id at once, but commits only after events with higher ids have their positions. */
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
