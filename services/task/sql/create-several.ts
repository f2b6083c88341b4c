import type { Database } from '@dispatcher/database/connection/database.ts';
import type { TaskRow } from '@dispatcher/database/entities/task.ts';
import { askedForSeveral, isFirstRequest, logEvents } from '@dispatcher/database/events/event-log.ts';
import type { RequestIdentity } from '@dispatcher/database/events/idempotency.ts';
import { taskColumns } from '@dispatcher/database/tasks/task-columns.ts';
import { contentColumns, contentTypes } from '../task-content.ts';
import type { NewTask } from './create-task.ts';

/** A task by its key. */
export type TaskKey = Pick<NewTask, 'organizationId' | 'id'>;

/** One of several tasks, with those of its dependencies that the same request creates. */
export interface OneOfSeveral extends NewTask {
  readonly inside: readonly string[];
}

/**
 * Inserts several tasks with their events, all or none, and returns them in their order. `outside` has the tasks that
 * they wait for and that must exist already, each once. Null when an organization already has one of the ids, when one
 * of `outside` does not exist, or when the request is a repeat. Rejects when another request creates one of the ids at
 * the same time.
 */
export async function createSeveral(
  { pool }: Database,
  identity: RequestIdentity,
  tasks: readonly OneOfSeveral[],
  outside: readonly TaskKey[],
): Promise<TaskRow[] | null> {
  const list = tasks.map(({ organizationId, id, createdBy, inside, content }) => ({
    organization_id: organizationId,
    id,
    created_by: createdBy,
    inside,
    ...content,
  }));
  const values = [...identity, JSON.stringify(list), ...columnsOf(outside)];
  const { rows } = await pool.query<TaskRow>({ name: 'create-several', text: createSeveralSql, values });
  return rows.length > 0 ? rows : null;
}

const columnsOf = (keys: readonly TaskKey[]) => [keys.map(({ organizationId }) => organizationId), keys.map(({ id }) => id)];

const columns = contentColumns.join(', ');
const types = contentColumns.map((column) => `${column} ${contentTypes[column]}`).join(', ');

/**
 * The tasks are one JSON list, so one prepared statement takes any number of them. The statement looks for taken ids
 * first, because up to 499 rolled-back rows would be left for vacuum. Tasks with the same score keep the order of the
 * list: each is created a microsecond after the one before. The new rows are also put back into the order of the list
 * by that time, because a join with the list would compare each with each.
 *
 * The dependencies are locked as in `createTask`. IN makes PostgreSQL look up the open ones in a hash table.
 */
const createSeveralSql = `
WITH asked AS MATERIALIZED (
  SELECT list.*, clock.now + (place - 1) * interval '1 microsecond' AS now FROM ROWS FROM (
    json_to_recordset($4::json) AS (organization_id text COLLATE "C", id text COLLATE "C", created_by text, inside text[], ${types})
  ) WITH ORDINALITY AS list (organization_id, id, created_by, inside, ${columns}, place)
  CROSS JOIN (SELECT clock_timestamp() AS now) AS clock
),
dependency AS MATERIALIZED (
  SELECT t.organization_id, t.id, t.completed_at IS NULL AND t.archived_at IS NULL AS is_open
  FROM unnest($5::text[], $6::text[]) AS outside (organization_id, id)
  JOIN tasks t ON t.organization_id = outside.organization_id AND t.id = outside.id
  ORDER BY t.organization_id, t.id FOR SHARE OF t
),
new AS MATERIALIZED (
  SELECT asked.*, ARRAY(
      SELECT d.id FROM unnest(depends_on) WITH ORDINALITY AS d (id, place)
      WHERE d.id = ANY (inside) OR (asked.organization_id, d.id) IN (SELECT organization_id, id FROM dependency WHERE is_open)
      ORDER BY d.place
    ) AS blocked_by
  FROM asked WHERE ${isFirstRequest}
    AND NOT EXISTS (SELECT FROM asked JOIN tasks USING (organization_id, id))
    AND (SELECT count(*) FROM dependency) = cardinality($6)
),
task AS (
  INSERT INTO tasks (organization_id, id, created_by, ${columns}, blocked_by, rank, created_at, updated_at)
  SELECT organization_id, id, created_by, ${columns}, blocked_by, task_rank(task_score(rev, use, ts, sec, stab, effort), now), now, now FROM new
  RETURNING *
),
edge AS (INSERT INTO task_dependencies (organization_id, depends_on_id, task_id) SELECT organization_id, unnest(depends_on), id FROM task),
made AS (SELECT *, row_number() OVER (ORDER BY created_at) AS place FROM task),
${logEvents(
  `SELECT *, 'task.created' AS type, created_by AS actor, NULL AS status_before, NULL AS owner_before, NULL AS layer_before,
    NULL AS event_token FROM made ORDER BY place`,
  undefined,
  'attempts',
  askedForSeveral,
)}
SELECT ${taskColumns('made')} FROM made ORDER BY place`;

/** The ones of these tasks that exist, by the primary key. */
export async function existingTasks({ pool }: Database, keys: readonly TaskKey[]): Promise<boolean[]> {
  const { rows } = await pool.query<{ there: boolean }>({ name: 'existing-tasks', text: existingTasksSql, values: columnsOf(keys) });
  return rows.map(({ there }) => there);
}

const existingTasksSql = `
SELECT EXISTS (SELECT FROM tasks t WHERE t.organization_id = asked.organization_id AND t.id = asked.id) AS there
FROM unnest($1::text[], $2::text[]) WITH ORDINALITY AS asked (organization_id, id, place) ORDER BY place`;
