import type { Database } from '@dispatcher/database/connection/database.ts';
import type { Connection } from '@dispatcher/database/connection/pool.ts';
import type { TaskRow } from '@dispatcher/database/entities/task.ts';
import { isFirstRequest, logEvents } from '@dispatcher/database/events/event-log.ts';
import type { RequestIdentity } from '@dispatcher/database/events/idempotency.ts';
import { taskColumns } from '@dispatcher/database/tasks/task-columns.ts';
import { contentColumns, type TaskContent } from '../task-content.ts';
import { changeDependencies } from './change-dependencies.ts';

/** The task to change, its new content, and who asks. */
export interface TaskChange {
  organizationId: string;
  taskId: string;
  actor: string;
  content: TaskContent;
}

/** A task after a change, and whether anything was changed. */
export interface UpdatedTask extends TaskRow {
  changed: boolean;
}

/**
 * Writes the given content and an event, unless the task has the content already or is archived. Null when there is no
 * such task, or when the request is a repeat.
 */
export async function updateTask(database: Database, identity: RequestIdentity, change: TaskChange): Promise<UpdatedTask | null> {
  const { organizationId, taskId, content } = change;
  const dependsOn = content.depends_on;
  if (!dependsOn) return await write(database.pool, identity, change);
  return await changeDependencies(
    database,
    { organizationId, taskId, dependsOn },
    async (connection, blockedBy) => await write(connection, identity, { ...change, content: { ...content, blocked_by: blockedBy } }),
  );
}

async function write(on: Connection, identity: RequestIdentity, change: WrittenChange): Promise<UpdatedTask | null> {
  const values = [...identity, change.organizationId, change.taskId, change.actor, JSON.stringify(change.content)];
  const { rows } = await on.query<UpdatedTask>({ name: 'update-task', text: updateTaskSql, values });
  return rows[0] ?? null;
}

/** With what the server works out of the content. */
interface WrittenChange extends TaskChange {
  content: TaskContent & { blocked_by?: string[] };
}

const wanted = (column: string) => `(change.wanted).${column}`;
const before = contentColumns.map((column) => `before.${column}`).join(', ');
const after = contentColumns.map((column) => `(before.wanted).${column}`).join(', ');
const written = [...contentColumns, 'blocked_by'].map((column) => `${column} = ${wanted(column)}`).join(', ');
const score = `task_score(${['rev', 'use', 'ts', 'sec', 'stab', 'effort'].map(wanted).join(', ')})`;

/**
 * Locks and reads the row by its primary key, and writes the columns that differ. A claim that runs at the same time
 * happens completely before or completely after: the lock waits for it, and then the statement sees the new row. The
 * clock is read once, after the lock.
 *
 * `failed_claims` is the one column of the claim service that is written here: the end of a hold sets it to zero.
 */
export const updateTaskSql = `
WITH before AS (
  SELECT tasks.*, jsonb_populate_record(tasks, $7::jsonb) AS wanted FROM tasks WHERE organization_id = $4 AND id = $5 AND ${isFirstRequest} FOR UPDATE
),
change AS MATERIALIZED (
  SELECT before.*, clock_timestamp() AS now FROM before WHERE archived_at IS NULL AND (${before}) IS DISTINCT FROM (${after})
),
task AS (
  UPDATE tasks SET ${written}, rank = task_rank(${score}, change.now), updated_at = change.now,
    failed_claims = CASE WHEN tasks.held AND NOT ${wanted('held')} THEN 0 ELSE tasks.failed_claims END
  FROM change WHERE tasks.organization_id = $4 AND tasks.id = $5
  RETURNING tasks.*, change.status AS status_before, change.owner AS owner_before, change.layer AS layer_before
),
${logEvents(`SELECT *, 'task.updated' AS type, $6::text AS actor, NULL AS event_token FROM task`)}
SELECT ${taskColumns('task')}, true AS changed FROM task
UNION ALL
SELECT ${taskColumns('before')}, false AS changed FROM before WHERE NOT EXISTS (SELECT FROM task)`;
