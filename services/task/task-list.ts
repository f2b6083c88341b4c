import type { Database } from '@dispatcher/database/database.ts';
import { Task, type TaskRow } from '@dispatcher/database/entities/task.ts';
import type { PageWanted } from '@dispatcher/database/page.ts';
import { IsolationLevel, raw } from '@mikro-orm/core';

/** What every task of a list has. Without an organization it is a list over all. */
export interface TaskFilters {
  organizationId?: string;
  status?: string;
  owner?: string;
  milestone?: string;
  layer?: string;
  project?: string;
  stage?: string;
  held?: boolean;
}

/** A task in a list. Its exact creation time, in microseconds since 1970, is part of its place there, and a Date holds only milliseconds. */
export interface ListedTask extends TaskRow {
  createdAtMicros: string;
}

/** The place of a task in a list, for a cursor. */
export const placeOf = (task: ListedTask): string[] => [String(task.rank), task.createdAtMicros, task.id, task.organizationId];

type EntityManager = Database['orm']['em'];

/** The tasks of a page, and one more where another page follows. Archived tasks are left out. */
export async function taskList({ orm }: Database, filters: TaskFilters, { limit, offset, after }: PageWanted): Promise<ListedTask[]> {
  const em = orm.em.fork();
  if (!after) return await read(selectTasks(em, filters, limit + 1).offset(offset));
  // In one snapshot, so that a task which changes its rank meanwhile is not read twice.
  const isolation = { isolationLevel: IsolationLevel.REPEATABLE_READ, readOnly: true };
  return await em.transactional((snapshot) => tasksAfter(snapshot, filters, after, limit + 1), isolation);
}

/**
 * First what has the same rank and comes later, then what has a lower one: two ranges of the index. As one condition they would be walked from the
 * first task of that rank on, and tasks without a score all have the same.
 */
async function tasksAfter(em: EntityManager, filters: TaskFilters, place: string[], limit: number): Promise<ListedTask[]> {
  const equals = await read(selectTasks(em, filters, limit).andWhere(equalsAfter(place)));
  if (equals.length === limit) return equals;
  return [...equals, ...(await read(selectTasks(em, filters, limit - equals.length).andWhere(lowerThan(place))))];
}

/** The tasks that have the rank of a place and come after it. */
export function equalsAfter([rank, createdAtMicros, id, organizationId]: string[]) {
  const later = "(t.created_at, t.id, t.organization_id) > (timestamptz 'epoch' + ?::bigint * interval '1 microsecond', ?, ?)";
  return { [raw(`t.rank = ?::float8 AND ${later}`, [rank, createdAtMicros, id, organizationId])]: [] };
}

/** The tasks of a lower rank than a place. */
export function lowerThan([rank]: string[]) {
  return { [raw('t.rank < ?::float8', [rank])]: [] };
}

/** The first tasks that match. For one organization it reads `tasks_listed` in its order. */
export function selectTasks(em: EntityManager, filters: TaskFilters, limit: number) {
  return em
    .createQueryBuilder(Task, 't')
    .select(['*', raw('(extract(epoch FROM t.created_at) * 1000000)::bigint::text').as('createdAtMicros')])
    .where({ archivedAt: null })
    .andWhere(filters)
    .orderBy([{ rank: 'desc' }, { createdAt: 'asc' }, { id: 'asc' }, { organizationId: 'asc' }])
    .limit(limit);
}

const read = (query: ReturnType<typeof selectTasks>) => query.execute<ListedTask[]>('all');
