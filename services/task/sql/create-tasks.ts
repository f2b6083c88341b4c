import { askedRequests, itemList, requestColumns } from '@dispatcher/database/batching/asked-items.ts';
import type { BatchedStatement } from '@dispatcher/database/batching/batcher.ts';
import type { Database } from '@dispatcher/database/connection/database.ts';
import type { TaskRow } from '@dispatcher/database/entities/task.ts';
import { askedByRow, logEvents } from '@dispatcher/database/events/event-log.ts';
import type { RequestIdentity } from '@dispatcher/database/events/idempotency.ts';
import { rank } from '@dispatcher/database/tasks/score-sql.ts';
import { taskColumns } from '@dispatcher/database/tasks/task-columns.ts';
import { contentColumns, contentTypes } from '../task-content.ts';
import { createTask, type NewTask } from './create-task.ts';

/** A request to insert a task. */
export interface CreateItem {
  readonly identity: RequestIdentity;
  readonly task: NewTask;
}

/** Inserts tasks without dependencies. Concurrent requests share one statement. */
export const createStatement = (database: Database): BatchedStatement<CreateItem, TaskRow> => ({
  organizationOf: ({ task }) => task.organizationId,
  one: ({ identity, task }) => createTask(database, identity, task),
  many: (items) => createTasks(database, items),
});

/**
 * Does what `createTask` does for several items, in one statement and one commit. Null for an item whose id the
 * organization already has. Undefined for a second item with the same id, and for an item with an idempotency key that
 * created nothing, because it may be a repeat.
 */
export async function createTasks({ pool }: Database, items: readonly CreateItem[]): Promise<(TaskRow | null | undefined)[]> {
  const firsts = new Map(items.toReversed().map((item) => [keyOf(item.task), item]));
  const values = [itemList([...firsts.values()].reverse(), columnsOf)];
  const { rows } = await pool.query<TaskRow>({ name: 'create-tasks', text: createTasksSql, values });
  // An insert can return only the new row, so the items are found by their tasks.
  const created = new Map(rows.map((row) => [keyOf(row), row]));
  return items.map((item) => {
    if (firsts.get(keyOf(item.task)) !== item) return undefined;
    return created.get(keyOf(item.task)) ?? (item.identity[1] === null ? null : undefined);
  });
}

const columnsOf = ({ identity, task: { organizationId, id, createdBy, content } }: CreateItem) => ({
  ...requestColumns(identity),
  ...{ organization_id: organizationId, id, created_by: createdBy },
  ...content,
  depends_on: content.depends_on ?? [],
});

const keyOf = ({ organizationId, id }: Pick<NewTask, 'organizationId' | 'id'>) => `${organizationId} ${id}`;

const columns = contentColumns.join(', ');
const items = contentColumns.map((column) => `${column} ${contentTypes[column]}`).join(', ');

/**
 * Exported for the test of its plan. The tasks of one statement are a microsecond apart in the order of their items,
 * because older tasks of equal rank come first. The events are made from the items, because a row of `task` does not
 * have the caller. IS TRUE makes PostgreSQL look up the new tasks in a hash table; a join would compare each with each.
 */
export const createTasksSql = `
WITH ${askedRequests(`created_by text, ${items}`)},
clock AS MATERIALIZED (SELECT clock_timestamp() AS start),
content AS MATERIALIZED (
  SELECT *, task_score(rev, use, ts, sec, stab, effort) AS score, start + place * interval '1 microsecond' AS now FROM asked CROSS JOIN clock
),
task AS (
  INSERT INTO tasks (organization_id, id, created_by, ${columns}, rank, created_at, updated_at)
  SELECT organization_id, id, created_by, ${columns}, ${rank('score', 'now')}, now, now FROM content
  ON CONFLICT (organization_id, id) DO NOTHING
  RETURNING *
),
${logEvents(
  `SELECT *, 'task.created' AS type, created_by AS actor, 0 AS attempts, 'pending' AS status, 'build' AS stage,
    NULL AS status_before, NULL AS owner_before, NULL AS layer_before, NULL AS event_token
  FROM content WHERE ((organization_id, id) IN (SELECT organization_id, id FROM task)) IS TRUE`,
  undefined,
  'attempts',
  askedByRow,
)}
SELECT ${taskColumns('task')} FROM task`;
