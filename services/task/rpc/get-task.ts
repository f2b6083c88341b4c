import type { ServiceImpl } from '@connectrpc/connect';
import { organizationOfTask } from '@dispatcher/database/tasks/organization-of-task.ts';
import { readTask } from '@dispatcher/database/tasks/read-task.ts';
import { taskFromRow } from '@dispatcher/database/tasks/task-message.ts';
import type { TaskService } from '@recursiv/proto/gen/dispatcher/v1/task_pb.ts';
import type { TaskDependencies } from '../dependencies.ts';

/** One task by its id, archived or not. */
export function getTask({ database }: TaskDependencies): ServiceImpl<typeof TaskService>['getTask'] {
  return async (request) => {
    const organizationId = await organizationOfTask(database.pool, request);
    return { data: taskFromRow(await readTask(database.pool, organizationId, request.taskId)) };
  };
}
