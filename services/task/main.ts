import { runServiceProcess } from '@dispatcher/database/service-process.ts';
import { applyHalfLife } from '@dispatcher/database/tasks/half-life.ts';
import { runMain } from '@dispatcher/kit/lifecycle/run-main.ts';
import { TaskService } from '@recursiv/proto/gen/dispatcher/v1/task_pb.ts';
import { readTaskSettings } from './config.ts';
import { taskRoutes } from './routes.ts';

await runMain(async (signal) => {
  const settings = readTaskSettings();
  await runServiceProcess(TaskService, settings, signal, async ({ database, published }) => {
    await applyHalfLife(settings.DATABASE_URL, settings.DISPATCHER_SCORE_HALF_LIFE_DAYS);
    return taskRoutes({ database, published });
  });
});
