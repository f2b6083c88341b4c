import type { Routes } from '@dispatcher/kit/serving/routes.ts';
import { TaskService } from '@recursiv/proto/gen/dispatcher/v1/task_pb.ts';
import type { TaskDependencies } from './dependencies.ts';
import { createTask } from './rpc/create-task.ts';
import { getTask } from './rpc/get-task.ts';
import { listTaskActivity } from './rpc/list-task-activity.ts';
import { listTasks } from './rpc/list-tasks.ts';
import { updateTask } from './rpc/update-task.ts';

/** The methods of the task service. */
export const taskRoutes =
  (dependencies: TaskDependencies): Routes =>
  (router) =>
    router.service(TaskService, {
      createTask: createTask(dependencies),
      getTask: getTask(dependencies),
      listTasks: listTasks(dependencies),
      updateTask: updateTask(dependencies),
      listTaskActivity: listTaskActivity(dependencies),
    });
