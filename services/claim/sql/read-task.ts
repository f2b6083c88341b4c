import type { TaskRow } from '@dispatcher/database/entities/task.ts';
import { taskNotFound } from '@dispatcher/database/organization-of-task.ts';
import { taskColumns } from '@dispatcher/database/task-columns.ts';
import type { Pool } from 'pg';

/** Reads one task by its primary key, for an answer that shows it as it now stands. */
export async function readTask(pool: Pool, organizationId: string, taskId: string): Promise<TaskRow> {
  const { rows } = await pool.query<TaskRow>({ name: 'read-task', text: sql, values: [organizationId, taskId] });
  if (!rows[0]) throw taskNotFound();
  return rows[0];
}

const sql = `SELECT ${taskColumns('t')} FROM tasks t WHERE t.organization_id = $1 AND t.id = $2`;
