import { runServiceProcess } from '@dispatcher/database/service-process.ts';
import { applyHalfLife } from '@dispatcher/database/tasks/half-life.ts';
import { runMain } from '@dispatcher/kit/lifecycle/run-main.ts';
import { TaskService } from '@recursiv/proto/gen/dispatcher/v1/task_pb.ts';
import { readTaskSettings, taskSettings } from './config.ts';
import { taskRoutes } from './routes.ts';

const usage = { command: 'npm run start:task', about: 'Runs the task service, which keeps the content of tasks.', settings: taskSettings };

await runMain(usage, async (signal) => {
  const settings = readTaskSettings();
  await runServiceProcess(TaskService, settings, signal, async ({ database, published }) => {
    await applyHalfLife(settings.DATABASE_URL, settings.DISPATCHER_SCORE_HALF_LIFE_DAYS, signal);
    return taskRoutes({ database, published });
  });
});
