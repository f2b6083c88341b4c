import type { Routes } from '@dispatcher/kit/serving/routes.ts';
import { StatsService } from '@recursiv/proto/gen/dispatcher/v1/stats_pb.ts';
import type { StatsDependencies } from './dependencies.ts';
import { getStats } from './rpc/get-stats.ts';
import { watchEvents } from './rpc/watch-events.ts';

/** The methods of the stats service. */
export const statsRoutes =
  (dependencies: StatsDependencies): Routes =>
  (router) =>
    router.service(StatsService, {
      getStats: getStats(dependencies),
      watchEvents: watchEvents(dependencies),
    });
