import type { Pool } from '@dispatcher/database/connection/pool.ts';
import type { AvailableTask } from '../waiting-claims.ts';
import { sweepSize } from './expire-claims.ts';
import { availableColumns } from './ready-tasks.ts';

/**
 * Lets claim-next have the tasks whose time has come, and answers them. Reads `tasks_waiting`, which holds only tasks
 * that wait for a time.
 */
export async function readyDueTasks(pool: Pool): Promise<AvailableTask[]> {
  const { rows } = await pool.query<AvailableTask>({ name: 'ready-due-tasks', text: readyDueTasksSql, values: [sweepSize] });
  return rows;
}

/**
 * The clock is the statement's: the index can be asked for what is due by then, not for what is due by a clock that
 * moves.
 */
export const readyDueTasksSql = `
WITH due AS (
  SELECT organization_id, id FROM tasks WHERE available_at <= statement_timestamp()
  ORDER BY available_at LIMIT $1 FOR UPDATE SKIP LOCKED
)
UPDATE tasks t SET available_at = NULL FROM due WHERE t.organization_id = due.organization_id AND t.id = due.id
RETURNING ${availableColumns}`;
