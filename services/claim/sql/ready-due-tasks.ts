import type { Pool } from 'pg';
import { sweepSize } from './expire-claims.ts';

/** Lets claim-next have the tasks whose time has come; answers how many. Reads `tasks_waiting`, which holds only tasks that wait for a time. */
export async function readyDueTasks(pool: Pool): Promise<number> {
  const { rowCount } = await pool.query({ name: 'ready-due-tasks', text: sql, values: [sweepSize] });
  return rowCount ?? 0;
}

const sql = `
UPDATE tasks t SET available_at = NULL
FROM (
  SELECT organization_id, id FROM tasks WHERE available_at <= clock_timestamp()
  ORDER BY available_at LIMIT $1 FOR UPDATE SKIP LOCKED
) AS due
WHERE t.organization_id = due.organization_id AND t.id = due.id`;
