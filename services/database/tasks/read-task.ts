import type { Pool } from '../connection/pool.ts';
import type { TaskRow } from '../entities/task.ts';
import { taskNotFound } from './organization-of-task.ts';
import { taskColumns } from './task-columns.ts';

/** Reads one task by its primary key, archived or not. Fails with `not_found`. */
export async function readTask(pool: Pool, organizationId: string, taskId: string): Promise<TaskRow> {
  const { rows } = await pool.query<TaskRow>({ name: 'read-task', text: sql, values: [organizationId, taskId] });
  if (!rows[0]) throw taskNotFound();
  return rows[0];
}

const sql = `SELECT ${taskColumns('t')} FROM tasks t WHERE t.organization_id = $1 AND t.id = $2`;
