import type { Database } from '@dispatcher/database/connection/database.ts';
import type { TaskRow } from '@dispatcher/database/entities/task.ts';
import type { PageWanted } from '@dispatcher/database/page.ts';
import { pageMaxBytes, taskBytes } from '@dispatcher/database/tasks/task-bytes.ts';
import { taskColumns } from '@dispatcher/database/tasks/task-columns.ts';

import { branchesOf, type TaskFilters, testsOf } from './list-branches.ts';

/** A task in a list. */
export interface ListedTask extends TaskRow {
  /**
   * The creation time in microseconds since 1970. It is part of the task's position in the list, and a Date has only
   * milliseconds.
   */
  createdAtMicros: string;
  /** Whether the page, with this task, is still within its size limit. */
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
 * A list is merged from the states that a task can be in; see `branchesOf`. Each branch gives its first tasks in the
 * order of an index, so the cost grows with the page and not with the number of tasks. An admin's list over all
 * organizations does that for each organization. Tasks that would make the page too large are not read.
 */
export function listTasksSql(filters: TaskFilters, { limit, offset, after }: PageWanted): { text: string; values: unknown[] } {
  const values: unknown[] = [limit + 1, offset];
  const parameter = (value: unknown) => `$${values.push(value)}`;
  const organization = filters.organizationId === undefined ? 'o.id' : parameter(filters.organizationId);
  const tests = testsOf(filters, parameter);
  const ranges = after ? rangesAfter(after, parameter) : ['true'];
  const branches = branchesOf(filters, organization, parameter).flatMap((branch) =>
    ranges.map((range) => {
      const conditions = [`t.organization_id = ${organization}`, branch, ...tests, range].join(' AND ');
      return `(SELECT * FROM tasks t WHERE ${conditions} ORDER BY ${order} LIMIT $1::bigint + $2::bigint)`;
    }),
  );
  const tasks = `(SELECT * FROM (${branches.join(' UNION ALL ')}) AS t ORDER BY ${order} LIMIT $1::bigint + $2::bigint) AS t`;
  const text = `
SELECT *, bytes <= ${pageMaxBytes} AS fits FROM (
  SELECT ${taskColumns('t')}, (extract(epoch FROM t.created_at) * 1000000)::bigint::text AS "createdAtMicros",
    ${taskBytes('t')} AS own, sum(${taskBytes('t')}) OVER (ORDER BY ${order} ROWS UNBOUNDED PRECEDING) AS bytes
  FROM (
    SELECT t.* FROM ${filters.organizationId === undefined ? `organizations o CROSS JOIN LATERAL ${tasks}` : tasks}
    ORDER BY ${order} LIMIT $1::bigint OFFSET $2::bigint
  ) AS t
  ORDER BY ${order}
) AS page
WHERE bytes - own <= ${pageMaxBytes}`;
  return { text, values };
}

const order = 't.rank DESC, t.created_at, t.id, t.organization_id';

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
