import type { ServiceImpl } from '@connectrpc/connect';
import { violates } from '@dispatcher/database/connection/errors.ts';
import type { Pool } from '@dispatcher/database/connection/pool.ts';
import { identityOf } from '@dispatcher/database/events/idempotency.ts';
import { concurrencyIndex, concurrencyLimit, keyHolder } from '@dispatcher/database/tasks/concurrency-key.ts';
import { organizationOfTask, taskNotFound } from '@dispatcher/database/tasks/organization-of-task.ts';
import { readTask } from '@dispatcher/database/tasks/read-task.ts';
import { taskFromRow } from '@dispatcher/database/tasks/task-message.ts';
import { callerLabel, callerOf } from '@dispatcher/kit/auth/caller.ts';
import { DispatcherError, unavailable } from '@dispatcher/kit/serving/errors.ts';
import { type TaskService, UpdateTaskRequestSchema } from '@recursiv/proto/gen/dispatcher/v1/task_pb.ts';
import { changedContent } from '../changed-content.ts';
import type { TaskDependencies } from '../dependencies.ts';
import { type UpdatedTask, updateTask as update } from '../sql/update-task.ts';

/**
 * Changes the content of a task. When the task has all the values already, it is returned as it is, without an event.
 */
export function updateTask({ database, published }: TaskDependencies): ServiceImpl<typeof TaskService>['updateTask'] {
  return async (request, context) => {
    const identity = identityOf(UpdateTaskRequestSchema, request, context);
    const { taskId } = request;
    const content = changedContent(request);
    const organizationId = await organizationOfTask(database.pool, request);
    let found: UpdatedTask | null = null;
    const change = async () => {
      const wanted = { organizationId, taskId, actor: callerLabel(callerOf(context)), content };
      found = await withFreeKey(database.pool, organizationId, content.concurrency_key, () => update(database, identity, wanted));
      return found?.changed ? found : null;
    };
    const row = await database.idempotencyKeys.once(identity, change, (kept) => readTask(database.pool, kept.organizationId, kept.taskId));
    if (row) published();
    return { data: taskFromRow(row ?? unchanged(found)) };
  };
}

/** The task, when it has all the values already. Otherwise fails with the reason why it cannot be changed. */
function unchanged(task: UpdatedTask | null): UpdatedTask {
  if (!task) throw taskNotFound();
  if (task.archivedAt) throw new DispatcherError('archived', 'This task is archived. It can only be read.');
  return task;
}

/** How often a change is tried while the claimed tasks with its concurrency key come and go. */
const mostTries = 5;

/**
 * Makes a change that may give a claimed task a concurrency key. It fails while another claimed task has that key, and
 * is made again when that task ended meanwhile.
 */
async function withFreeKey<T>(pool: Pool, organizationId: string, concurrencyKey: unknown, change: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await change();
    } catch (thrown) {
      if (!violates(thrown, concurrencyIndex) || typeof concurrencyKey !== 'string') throw thrown;
      const holder = await keyHolder(pool, organizationId, concurrencyKey);
      if (holder) throw concurrencyLimit(concurrencyKey, holder);
      if (tries === mostTries) throw unavailable('Claimed tasks with this concurrency_key come and go too fast. Send the request again.');
    }
  }
}
