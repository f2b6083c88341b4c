import type { Counts } from './check/counts.ts';
import type { FinalTask, LogEvent } from './check/log-event.ts';
import type { Db } from './environment/db.ts';

/** All that the database holds at the end of a run, read in one snapshot. */
export interface Collected {
  readonly log: LogEvent[];
  readonly tasks: FinalTask[];
  readonly relayPosition: number;
  /** The events in the log, with or without a position. */
  readonly eventCount: number;
}

/** Reads it. */
export async function collectLog(db: Db): Promise<Collected> {
  const client = await db.connect();
  try {
    await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY');
    const log = await client.query<LogEvent>(logSql);
    const tasks = await client.query<FinalTask>(tasksSql);
    const totals = await client.query<{ relayPosition: number; eventCount: number }>(totalsSql);
    await client.query('COMMIT');
    return { log: log.rows, tasks: tasks.rows, relayPosition: totals.rows[0]?.relayPosition ?? 0, eventCount: totals.rows[0]?.eventCount ?? 0 };
  } finally {
    client.release();
  }
}

const logSql = `
SELECT p.position::float8 AS position, e.id::float8 AS id, e.organization_id AS "organizationId", e.task_id AS "taskId", e.type, e.actor, e.attempt, e.status, e.stage,
  e.status_before AS "statusBefore", e.claim_token AS token, e.idempotency_key AS key, e.release_reason AS reason,
  extract(epoch FROM e.occurred_at)::float8 * 1000 AS "occurredAt", extract(epoch FROM p.numbered_at)::float8 * 1000 AS "numberedAt"
FROM event_positions p JOIN task_events e ON e.id = p.event_id ORDER BY p.position`;

const tasksSql = `
SELECT organization_id AS "organizationId", id, status, stage, attempts, archived_at IS NOT NULL AS archived FROM tasks`;

const totalsSql = `
SELECT position::float8 AS "relayPosition", (SELECT count(*)::float8 FROM task_events) AS "eventCount" FROM relay_state`;

/** Counts all tasks of one organization, or of all. */
export async function countTasks(db: Db, organizationId: string | null): Promise<Counts> {
  const rows = await db.query<{ dimension: keyof Counts; value: string; count: number }>(countSql, [organizationId]);
  const by = (name: keyof Counts) =>
    Object.fromEntries(rows.filter(({ dimension }) => dimension === name).map(({ value, count }) => [value, count] as const));
  return { byStatus: by('byStatus'), byOwner: by('byOwner'), byLayer: by('byLayer') };
}

const countSql = `
SELECT dimension, value, count(*)::float8 AS count
FROM tasks CROSS JOIN LATERAL (VALUES
  ('byStatus', status), ('byOwner', coalesce(owner, 'unassigned')), ('byLayer', coalesce(layer, 'unassigned'))
) AS place (dimension, value)
WHERE archived_at IS NULL AND ($1::text IS NULL OR organization_id = $1)
GROUP BY dimension, value`;
