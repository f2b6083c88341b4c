import type { Database } from '@dispatcher/database/connection/database.ts';
import type { TaskRow } from '@dispatcher/database/entities/task.ts';
import type { PageWanted } from '@dispatcher/database/page.ts';
import { taskColumns } from '@dispatcher/database/tasks/task-columns.ts';

/** What every task of a list has. Without an organization it is a list over all. */
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
   * Its exact creation time, in microseconds since 1970, is part of its place in the list, and a Date holds only
   * milliseconds.
   */
  createdAtMicros: string;
  /** Whether the page may be as large as it is with this task. */
  fits: boolean;
}

/** The place of a task in a list, for a cursor. */
export const placeOf = (task: ListedTask): string[] => [String(task.rank), task.createdAtMicros, task.id, task.organizationId];

/**
 * The texts of a page's tasks have at most so many bytes: more than the largest task, and a small part of what 200 of
 * those would have.
 */
const pageMaxBytes = 4 * 1024 * 1024;

/** The tasks of a page, and one more where another page follows. Archived tasks are left out. */
export async function listTasks({ pool }: Database, filters: TaskFilters, page: PageWanted): Promise<ListedTask[]> {
  const { rows } = await pool.query<ListedTask>(listTasksSql(filters, page));
  return rows;
}

/**
 * Each organization's part is one or two ranges of `tasks_listed` in its order. The admin's list over all takes as
 * many tasks as the page needs from each: its cost grows with the organizations and not with their tasks, and claims
 * have no other index to keep up. What would make the page too large is not read.
 *
 * The status stands in the statement, since only so can the planner find the claimed among many tasks by
 * `tasks_claimed`.
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
    ${ownBytes} AS own, sum(${ownBytes}) OVER (ORDER BY ${order} ROWS UNBOUNDED PRECEDING) AS bytes
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
 * A range of the primary key. Ids are slugs and compared byte by byte: `{` is the byte after `z`, the last that one
 * can have.
 */
const beginsWith = (prefix: string) => `t.id >= ${prefix} AND t.id < ${prefix} || '{'`;

/** Of a task's long texts, and of all the rest together. Lengths are known without reading what is stored aside. */
const ownBytes = `(octet_length(t.title) + coalesce(octet_length(t.description), 0) + coalesce(octet_length(t.notes), 0) +
      coalesce(octet_length(t.context_handoff), 0) + octet_length(array_to_string(t.pr_urls || t.commits, ' ')) + 2000)`;

/**
 * First what has the same rank as the place and comes later, then what has a lower one. As one condition they would
 * be walked from the first task of that rank on, and tasks without a score all have the same.
 */
function rangesAfter([rank, createdAtMicros, id, organizationId]: string[], parameter: (value: unknown) => string): string[] {
  const at = `${parameter(rank)}::float8`;
  const createdAt = `timestamptz 'epoch' + ${parameter(createdAtMicros)}::bigint * interval '1 microsecond'`;
  const later = `(t.created_at, t.id, t.organization_id) > (${createdAt}, ${parameter(id)}, ${parameter(organizationId)})`;
  return [`t.rank = ${at} AND ${later}`, `t.rank < ${at}`];
}
