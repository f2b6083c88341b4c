import type { Database } from '@dispatcher/database/database.ts';
import { Task, type TaskRow } from '@dispatcher/database/entities/task.ts';
import { taskNotFound } from '@dispatcher/database/organization-of-task.ts';

/** One task as it stands, archived or not. Fails with `not_found`. */
export async function readTask({ orm }: Database, organizationId: string, id: string): Promise<TaskRow> {
  const task = await orm.em.fork().findOne(Task, { organizationId, id }, { disableIdentityMap: true });
  if (!task) throw taskNotFound();
  return task;
}
