import type { ServiceImpl } from '@connectrpc/connect';
import type { Database } from '@dispatcher/database/connection/database.ts';
import { violates } from '@dispatcher/database/connection/errors.ts';
import { identityOf } from '@dispatcher/database/events/idempotency.ts';
import { readTask } from '@dispatcher/database/tasks/read-task.ts';
import { taskFromRow } from '@dispatcher/database/tasks/task-message.ts';
import { callerOf } from '@dispatcher/kit/auth/caller.ts';
import { type DispatcherError, unavailable } from '@dispatcher/kit/serving/errors.ts';
import { CreateTasksRequestSchema, type TaskService } from '@recursiv/proto/gen/dispatcher/v1/task_pb.ts';
import type { TaskDependencies } from '../dependencies.ts';
import { organizationFor } from '../new-task.ts';
import { duplicateId, type SeveralTasks, severalTasks, unknownOutside } from '../several-tasks.ts';
import { createSeveral, existingTasks } from '../sql/create-several.ts';

/** Creates several tasks, all or none. A repeat with the same idempotency key gets them as they are now. */
export function createTasks({ database, published }: TaskDependencies): ServiceImpl<typeof TaskService>['createTasks'] {
  return async (request, context) => {
    const identity = identityOf(CreateTasksRequestSchema, request, context);
    const caller = callerOf(context);
    const several = await severalTasks(request, caller, (named, field) => organizationFor(database, caller, named, field));
    const rows = await database.idempotencyKeys.onceForSeveral(
      identity,
      () => createSeveral(database, identity, several.tasks, several.outside).catch(nullIfTaken),
      (kept) => Promise.all(kept.map(({ organizationId, taskId }) => readTask(database.pool, organizationId, taskId))),
    );
    if (!rows) throw await refusal(database, several);
    published();
    return { data: rows.map(taskFromRow) };
  };
}

/** Another request created a task with one of the ids while this one ran. */
function nullIfTaken(thrown: unknown): null {
  if (violates(thrown, 'tasks_pkey')) return null;
  throw thrown;
}

/** Why nothing was created. */
async function refusal(database: Database, { tasks, outside }: SeveralTasks): Promise<DispatcherError> {
  const there = await existingTasks(database, [...tasks, ...outside]);
  const taken = there.slice(0, tasks.length).indexOf(true);
  if (taken >= 0) return duplicateId(taken, 'The organization already has a task with this id.');
  const unknown = outside[there.indexOf(false, tasks.length) - tasks.length];
  if (unknown) return unknownOutside(unknown);
  return unavailable('Another request changed one of these tasks at the same time. Send the request again.');
}
