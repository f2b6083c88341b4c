import type { Database } from '@dispatcher/database/connection/database.ts';
import type { TaskRow } from '@dispatcher/database/entities/task.ts';
import { isFirstRequest, logEvents } from '@dispatcher/database/events/event-log.ts';
import type { RequestIdentity } from '@dispatcher/database/events/idempotency.ts';
import { rank } from '@dispatcher/database/tasks/score-sql.ts';
import { taskColumns } from '@dispatcher/database/tasks/task-columns.ts';
import { type ContentColumn, contentColumns, contentTypes, type TaskContent } from '../task-content.ts';

/** The task to insert. */
export interface NewTask {
  organizationId: string;
  id: string;
  createdBy: string;
  content: TaskContent;
}

/**
 * Inserts a task with its event. Null when the organization has the id already, when it has no task for an id in
 * `depends_on`, or when the request is a repeat.
 */
export async function createTask({ pool }: Database, identity: RequestIdentity, task: NewTask): Promise<TaskRow | null> {
  const dependsOn = task.content.depends_on ?? [];
  const content = contentColumns.map((column) => (column === 'depends_on' ? dependsOn : (task.content[column] ?? null)));
  const values = [...identity, task.organizationId, task.id, task.createdBy, ...content];
  const statement =
    dependsOn.length > 0 ? { name: 'create-dependent-task', text: createDependentTaskSql } : { name: 'create-task', text: createTaskSql };
  const { rows } = await pool.query<TaskRow>({ ...statement, values });
  return rows[0] ?? null;
}

const columns = contentColumns.join(', ');
const parameterOf = (column: ContentColumn) => `$${contentColumns.indexOf(column) + 7}::${contentTypes[column]}`;
const parameters = contentColumns.map((column) => `${parameterOf(column)} AS ${column}`).join(', ');

const insertEdges = `
edge AS (INSERT INTO task_dependencies (organization_id, depends_on_id, task_id) SELECT organization_id, unnest(depends_on), id FROM task),`;

/**
 * One statement writes the task, its event and the event's entry for the relay. It reads only the one row of `settings`
 * and the idempotency key. A taken id is no SQL error, because an error costs more than a success. The clock is read
 * once, so that the rank belongs to the same instant as `updated_at`.
 */
export const createTaskSql = `
WITH content AS MATERIALIZED (SELECT ${parameters}, clock_timestamp() AS now WHERE ${isFirstRequest}),
${insertTask("'{}'")}`;

/**
 * The same for a task that waits for others. It locks them, in the order in which every statement locks tasks. So each
 * of them ends either before this statement, which then sees the end, or after it, and then the done or archive finds
 * the new rows of `task_dependencies`.
 */
const createDependentTaskSql = `
WITH dependency AS MATERIALIZED (
  SELECT id, completed_at IS NULL AND archived_at IS NULL AS is_open FROM tasks
  WHERE organization_id = $4 AND id = ANY (${parameterOf('depends_on')}) ORDER BY id FOR SHARE
),
content AS MATERIALIZED (
  SELECT ${parameters}, clock_timestamp() AS now
  WHERE ${isFirstRequest} AND (SELECT count(*) FROM dependency) = cardinality(${parameterOf('depends_on')})
),
${insertTask('ARRAY(SELECT id FROM dependency WHERE is_open ORDER BY array_position(depends_on, id))', insertEdges)}`;

function insertTask(blockedBy: string, edges = ''): string {
  return `task AS (
  INSERT INTO tasks (organization_id, id, created_by, ${columns}, blocked_by, rank, created_at, updated_at)
  SELECT $4, $5, $6, ${columns}, ${blockedBy}, ${rank('task_score(rev, use, ts, sec, stab, effort)', 'now')}, now, now FROM content
  ON CONFLICT (organization_id, id) DO NOTHING
  RETURNING *
),${edges}
${logEvents(`SELECT *, 'task.created' AS type, created_by AS actor, NULL AS status_before, NULL AS owner_before, NULL AS layer_before,
    NULL AS event_token FROM task`)}
SELECT ${taskColumns('task')} FROM task`;
}
