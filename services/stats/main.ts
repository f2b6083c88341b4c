import { runServiceProcess } from '@dispatcher/database/service-process.ts';
import { runMain } from '@dispatcher/kit/lifecycle/run-main.ts';
import { StatsService } from '@recursiv/proto/gen/dispatcher/v1/stats_pb.ts';
import { readStatsSettings, statsSettings } from './config.ts';
import { startStatsService } from './service.ts';

const about = 'Runs the stats service, which counts tasks, streams events and deletes what is too old.';

await runMain({ command: 'npm run start:stats', about, settings: statsSettings }, async (signal) => {
  const settings = readStatsSettings();
  const retention = { positionDays: 7, taskDays: settings.DISPATCHER_RETENTION_DAYS };
  await runServiceProcess(
    StatsService,
    settings,
    signal,
    async ({ resources, ...parts }) => resources.use(await startStatsService({ ...parts, retention })).routes,
  );
});
