import type { Pool } from '@dispatcher/database/connection/pool.ts';
import { sweepSize } from './expire-claims.ts';

/** Lets claim-next have the tasks whose time has come; answers how many. Reads `tasks_waiting`, which holds only tasks that wait for a time. */
export async function readyDueTasks(pool: Pool): Promise<number> {
  const { rowCount } = await pool.query({ name: 'ready-due-tasks', text: readyDueTasksSql, values: [sweepSize] });
  return rowCount ?? 0;
}

/** The clock is the statement's: the index can be asked for what is due by then, not for what is due by a clock that moves. */
export const readyDueTasksSql = `
WITH due AS (
  SELECT organization_id, id FROM tasks WHERE available_at <= statement_timestamp()
  ORDER BY available_at LIMIT $1 FOR UPDATE SKIP LOCKED
)
UPDATE tasks t SET available_at = NULL FROM due WHERE t.organization_id = due.organization_id AND t.id = due.id`;
