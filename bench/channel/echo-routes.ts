import type { Routes } from '@dispatcher/kit/serving/routes.ts';
import { TaskService } from '@recursiv/proto/gen/dispatcher/v1/task_pb.ts';

/** Makes an answer of about 570 bytes, the size of a task. */
export const description = 'x'.repeat(500);

/** A service that does nothing, so that only the way to it is measured. */
export const echoRoutes: Routes = (router) => router.service(TaskService, { getTask: ({ taskId }) => ({ data: { id: taskId, description } }) });
