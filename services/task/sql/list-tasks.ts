import type { Database } from '@dispatcher/database/connection/database.ts';
import type { TaskRow } from '@dispatcher/database/entities/task.ts';
import type { PageWanted } from '@dispatcher/database/page.ts';
import { pageMaxBytes, taskBytes } from '@dispatcher/database/tasks/task-bytes.ts';
import { taskColumns } from '@dispatcher/database/tasks/task-columns.ts';

/** The filters of a list. Without an organization the list has the tasks of all. */
export interface TaskFilters {
  organizationId?: string | undefined;
  status?: keyof typeof statusConditions | undefined;
  owner?: string | undefined;
  milestone?: string | undefined;
  layer?: string | undefined;
  project?: string | undefined;
  stage?: string | undefined;
  held?: boolean | undefined;
  idPrefix?: string | undefined;
}

/** A task in a list. */
export interface ListedTask extends TaskRow {
  /**
   * The creation time in microseconds since 1970. It is part of the task's position in the list, and a Date has only
   * milliseconds.
   */
  createdAtMicros: string;
  /** Whether the page is still within its size with this task. */
  fits: boolean;
}

/** The position of a task in a list, for a cursor. */
export const placeOf = (task: ListedTask): string[] => [String(task.rank), task.createdAtMicros, task.id, task.organizationId];

/** The tasks of a page, and one more when another page follows. Archived tasks are left out. */
export async function listTasks({ pool }: Database, filters: TaskFilters, page: PageWanted): Promise<ListedTask[]> {
  const { rows } = await pool.query<ListedTask>(listTasksSql(filters, page));
  return rows;
}

/**
 * For each organization the statement reads one or two ranges of the index `tasks_listed`, in its order. An admin's
 * list over all organizations reads one page from each. So its cost grows with the number of organizations and not of
 * tasks, and claims have no further index to update. Tasks that would make the page too large are not read.
 *
 * The status is part of the statement and not a parameter. Only so can the planner use `tasks_claimed` to find the
 * claimed tasks among many others.
 */
export function listTasksSql(filters: TaskFilters, { limit, offset, after }: PageWanted): { text: string; values: unknown[] } {
  const values: unknown[] = [limit + 1, offset];
  const parameter = (value: unknown) => `$${values.push(value)}`;
  const { organizationId, status, idPrefix, ...others } = filters;
  const conditions = [
    `t.organization_id = ${organizationId === undefined ? 'o.id' : parameter(organizationId)} AND t.archived_at IS NULL`,
    ...(status === undefined ? [] : [statusConditions[status]]),
    ...(idPrefix === undefined ? [] : [beginsWith(parameter(idPrefix))]),
    ...Object.entries(others).flatMap(([column, value]) => (value === undefined ? [] : [`t.${column} = ${parameter(value)}`])),
  ];
  const ranges = (after ? rangesAfter(after, parameter) : ['true']).map(
    (range) => `(SELECT * FROM tasks t WHERE ${conditions.join(' AND ')} AND ${range} ORDER BY ${order} LIMIT $1::bigint + $2::bigint)`,
  );
  const tasks = `(${ranges.join(' UNION ALL ')}) AS t`;
  const text = `
SELECT *, bytes <= ${pageMaxBytes} AS fits FROM (
  SELECT ${taskColumns('t')}, (extract(epoch FROM t.created_at) * 1000000)::bigint::text AS "createdAtMicros",
    ${taskBytes('t')} AS own, sum(${taskBytes('t')}) OVER (ORDER BY ${order} ROWS UNBOUNDED PRECEDING) AS bytes
  FROM (
    SELECT t.* FROM ${organizationId === undefined ? `organizations o CROSS JOIN LATERAL ${tasks}` : tasks}
    ORDER BY ${order} LIMIT $1::bigint OFFSET $2::bigint
  ) AS t
  ORDER BY ${order}
) AS page
WHERE bytes - own <= ${pageMaxBytes}`;
  return { text, values };
}

const order = 't.rank DESC, t.created_at, t.id, t.organization_id';

const statusConditions = { pending: `t.status = 'pending'`, claimed: `t.status = 'claimed'`, done: `t.status = 'done'` } as const;

/**
 * A range of the primary key. Ids are slugs and are compared byte by byte. `{` is the byte after `z`, and `z` is the
 * last character that a slug can have.
 */
const beginsWith = (prefix: string) => `t.id >= ${prefix} AND t.id < ${prefix} || '{'`;

/**
 * Two ranges: the tasks of the same rank that come later, then those of a lower rank. One condition for both would
 * read from the first task of that rank on, and all tasks without a score have the same rank.
 */
function rangesAfter([rank, createdAtMicros, id, organizationId]: string[], parameter: (value: unknown) => string): string[] {
  const at = `${parameter(rank)}::float8`;
  const createdAt = `timestamptz 'epoch' + ${parameter(createdAtMicros)}::bigint * interval '1 microsecond'`;
  const later = `(t.created_at, t.id, t.organization_id) > (${createdAt}, ${parameter(id)}, ${parameter(organizationId)})`;
  return [`t.rank = ${at} AND ${later}`, `t.rank < ${at}`];
}
