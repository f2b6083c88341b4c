import type { Pool } from '@dispatcher/database/connection/pool.ts';
import type { AvailableTask } from '../../waiting-claims.ts';
import { sweepSize } from './expire-claims.ts';
import { availableColumns } from './ready-tasks.ts';

/**
 * Makes the tasks whose time has come ready for claim-next, and returns them. Uses the index `tasks_waiting`, which
 * has only tasks that wait for a time.
 */
export async function readyDueTasks(pool: Pool): Promise<AvailableTask[]> {
  const { rows } = await pool.query<AvailableTask>({ name: 'ready-due-tasks', text: readyDueTasksSql, values: [sweepSize] });
  return rows;
}

/** The time is the start of the statement. An index condition needs a fixed value, and `clock_timestamp()` changes. */
export const readyDueTasksSql = `
WITH due AS (
  SELECT organization_id, id FROM tasks WHERE available_at <= statement_timestamp()
  ORDER BY available_at LIMIT $1 FOR UPDATE SKIP LOCKED
)
UPDATE tasks t SET available_at = NULL FROM due WHERE t.organization_id = due.organization_id AND t.id = due.id
RETURNING ${availableColumns}`;
