import type { ServiceImpl } from '@connectrpc/connect';
import { identityOf } from '@dispatcher/database/events/idempotency.ts';
import { organizationOfTask, taskNotFound } from '@dispatcher/database/tasks/organization-of-task.ts';
import { readTask } from '@dispatcher/database/tasks/read-task.ts';
import { taskFromRow } from '@dispatcher/database/tasks/task-message.ts';
import { callerLabel, callerOf } from '@dispatcher/kit/auth/caller.ts';
import { DispatcherError } from '@dispatcher/kit/serving/errors.ts';
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
      found = await update(database, identity, { organizationId, taskId, actor: callerLabel(callerOf(context)), content });
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
