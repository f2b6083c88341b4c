import type { ServiceImpl } from '@connectrpc/connect';
import type { Batcher } from '@dispatcher/database/batching/batcher.ts';
import type { Database } from '@dispatcher/database/connection/database.ts';
import type { TaskRow } from '@dispatcher/database/entities/task.ts';
import { identityOf } from '@dispatcher/database/events/idempotency.ts';
import { readTask } from '@dispatcher/database/tasks/read-task.ts';
import { taskFromRow } from '@dispatcher/database/tasks/task-message.ts';
import { callerOf } from '@dispatcher/kit/auth/caller.ts';
import { DispatcherError, unavailable } from '@dispatcher/kit/serving/errors.ts';
import { CreateTaskRequestSchema, type TaskService } from '@recursiv/proto/gen/dispatcher/v1/task_pb.ts';
import type { TaskDependencies } from '../dependencies.ts';
import { newTask, organizationFor } from '../new-task.ts';
import { dependencyCycle, unknownDependency } from '../sql/change-dependencies.ts';
import { createTask as insert } from '../sql/create-task.ts';
import type { CreateItem } from '../sql/create-tasks.ts';
import { unknownTasks } from '../sql/unknown-tasks.ts';

/** Creates a task. A repeat with the same idempotency key gets the task as it is now. */
export function createTask(
  { database, published }: TaskDependencies,
  creation: Batcher<CreateItem, TaskRow>,
): ServiceImpl<typeof TaskService>['createTask'] {
  return async (request, context) => {
    const identity = identityOf(CreateTaskRequestSchema, request, context);
    const caller = callerOf(context);
    const organizationId = await organizationFor(database, caller, request.organizationId, 'organization_id');
    const task = newTask(request, caller, organizationId);
    if (request.dependsOn.includes(task.id)) throw dependencyCycle([task.id, task.id]);
    const row = await database.idempotencyKeys.once(
      identity,
      // A task that waits for others locks them, which a shared statement does not do.
      () => (request.dependsOn.length > 0 ? insert(database, identity, task) : creation.run({ identity, task }, context.signal)),
      (kept) => readTask(database.pool, kept.organizationId, kept.taskId),
    );
    if (!row) throw await refusal(database, organizationId, task.id, request.dependsOn);
    published();
    return { data: taskFromRow(row) };
  };
}

/** Why nothing was created. */
async function refusal({ pool }: Database, organizationId: string, id: string, dependsOn: readonly string[]): Promise<DispatcherError> {
  const missing = await unknownTasks(pool, organizationId, [id, ...dependsOn]);
  const unknown = missing.find((other) => other !== id);
  if (unknown !== undefined) return unknownDependency(unknown);
  if (missing.length > 0) return unavailable('A task in depends_on was just created. Send the request again.');
  return new DispatcherError('duplicate_id', 'The organization already has a task with this id.', { field: 'id' });
}
