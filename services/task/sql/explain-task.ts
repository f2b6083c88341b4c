import type { Pool } from '@dispatcher/database/connection/pool.ts';
import type { TaskRow } from '@dispatcher/database/entities/task.ts';
import { keyIsFree } from '@dispatcher/database/tasks/concurrency-key.ts';
import { taskColumns } from '@dispatcher/database/tasks/task-columns.ts';

/** A task with everything that decides whether claim-next hands it out. */
export interface ExplainedTask extends TaskRow {
  ready: boolean;
  /** Whether no other claimed task has its concurrency key. */
  keyIsFree: boolean;
  /** For a claimed task: whether its lease is still running. */
  isLive: boolean;
  failedClaims: number;
  /** Whole UTC days since `updated_at`. */
  ageDays: number;
  halfLifeDays: number;
}

/** Reads the task by the primary key. Null when there is no such task. */
export async function readExplainedTask(pool: Pool, organizationId: string, taskId: string): Promise<ExplainedTask | null> {
  const { rows } = await pool.query<ExplainedTask>({ name: 'explain-task', text: explainTaskSql, values: [organizationId, taskId] });
  return rows[0] ?? null;
}

const explainTaskSql = `
SELECT ${taskColumns('t')}, t.ready, ${keyIsFree('t')} AS "keyIsFree", coalesce(t.expires_at > clock_timestamp(), false) AS "isLive",
  t.failed_claims AS "failedClaims", utc_day(statement_timestamp()) - utc_day(t.updated_at) AS "ageDays",
  (SELECT half_life_days FROM settings) AS "halfLifeDays"
FROM tasks t WHERE t.organization_id = $1 AND t.id = $2`;

/** Places are counted up to this number. */
const aheadMax = 10_000;

/** How many tasks claim-next would hand out before this one, up to `aheadMax`. */
export async function countAhead(pool: Pool, organizationId: string, taskId: string): Promise<number> {
  const { rows } = await pool.query<{ count: number }>({ name: 'count-ahead', text: countAheadSql, values: [organizationId, taskId, aheadMax] });
  return rows[0]?.count ?? 0;
}

/**
 * Reads two ranges of `tasks_ready`: tasks with a higher rank, and tasks with the same rank that come first. With one
 * condition for both, PostgreSQL would read the index beyond the task.
 */
export const countAheadSql = `
WITH self AS MATERIALIZED (SELECT stage, rank, created_at, id FROM tasks WHERE organization_id = $1 AND id = $2)
SELECT count(*)::integer AS count FROM (
  (SELECT FROM tasks WHERE organization_id = $1 AND stage = (SELECT stage FROM self) AND ready AND rank > (SELECT rank FROM self)
    AND ${keyIsFree('tasks')} LIMIT $3)
  UNION ALL
  (SELECT FROM tasks WHERE organization_id = $1 AND stage = (SELECT stage FROM self) AND ready AND rank = (SELECT rank FROM self)
    AND (created_at, id) < ((SELECT created_at FROM self), $2::text) AND ${keyIsFree('tasks')} LIMIT $3)
  LIMIT $3
) AS ahead`;
