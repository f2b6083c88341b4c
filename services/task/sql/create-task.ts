import type { Database } from '@dispatcher/database/connection/database.ts';
import type { TaskRow } from '@dispatcher/database/entities/task.ts';
import { isFirstRequest, logEvents } from '@dispatcher/database/events/event-log.ts';
import type { RequestIdentity } from '@dispatcher/database/events/idempotency.ts';
import { taskColumns } from '@dispatcher/database/tasks/task-columns.ts';
import { contentColumns, contentTypes, type TaskContent } from '../task-content.ts';

/** The task to insert. */
export interface NewTask {
  organizationId: string;
  id: string;
  createdBy: string;
  content: TaskContent;
}

/** Inserts a task with its event. Null when the organization has the id already, or when the request is a repeat. */
export async function createTask({ pool }: Database, identity: RequestIdentity, task: NewTask): Promise<TaskRow | null> {
  const content = contentColumns.map((column) => task.content[column] ?? null);
  const values = [...identity, task.organizationId, task.id, task.createdBy, ...content];
  const { rows } = await pool.query<TaskRow>({ name: 'create-task', text: createTaskSql, values });
  return rows[0] ?? null;
}

const columns = contentColumns.join(', ');
const parameters = contentColumns.map((column, i) => `$${i + 7}::${contentTypes[column]} AS ${column}`).join(', ');

/**
 * One statement writes the task, its event and the event's entry for the relay. It reads only the one row of `settings`
 * and the idempotency key. A taken id is no SQL error, because an error costs more than a success. The clock is read
 * once, so that the rank belongs to the same instant as `updated_at`.
 */
export const createTaskSql = `
WITH content AS MATERIALIZED (SELECT ${parameters}, clock_timestamp() AS now WHERE ${isFirstRequest}),
task AS (
  INSERT INTO tasks (organization_id, id, created_by, ${columns}, rank, created_at, updated_at)
  SELECT $4, $5, $6, ${columns}, task_rank(task_score(rev, use, ts, sec, stab, effort), now), now, now FROM content
  ON CONFLICT (organization_id, id) DO NOTHING
  RETURNING *
),
${logEvents(`SELECT *, 'task.created' AS type, created_by AS actor, NULL AS status_before, NULL AS owner_before, NULL AS layer_before,
    NULL AS event_token FROM task`)}
SELECT ${taskColumns('task')} FROM task`;
