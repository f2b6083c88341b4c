import { Batcher } from '@dispatcher/database/batching/batcher.ts';
import type { Routes } from '@dispatcher/kit/serving/routes.ts';
import { TaskService } from '@recursiv/proto/gen/dispatcher/v1/task_pb.ts';
import type { TaskDependencies } from './dependencies.ts';
import { createTask } from './rpc/create-task.ts';
import { createTasks } from './rpc/create-tasks.ts';
import { explainTask } from './rpc/explain-task.ts';
import { getTask } from './rpc/get-task.ts';
import { getTaskGraph } from './rpc/get-task-graph.ts';
import { listTaskActivity } from './rpc/list-task-activity.ts';
import { listTaskAttempts } from './rpc/list-task-attempts.ts';
import { listTasks } from './rpc/list-tasks.ts';
import { updateTask } from './rpc/update-task.ts';
import { createStatement } from './sql/create-tasks.ts';

/** The methods of the task service. All registrations share one batcher. */
export function taskRoutes(dependencies: TaskDependencies): Routes {
  const creation = new Batcher(createStatement(dependencies.database));
  return (router) =>
    router.service(TaskService, {
      createTask: createTask(dependencies, creation),
      createTasks: createTasks(dependencies),
      getTask: getTask(dependencies),
      listTasks: listTasks(dependencies),
      updateTask: updateTask(dependencies),
      explainTask: explainTask(dependencies),
      getTaskGraph: getTaskGraph(dependencies),
      listTaskAttempts: listTaskAttempts(dependencies),
      listTaskActivity: listTaskActivity(dependencies),
    });
}
