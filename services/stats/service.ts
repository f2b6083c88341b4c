import type { Database } from '@dispatcher/database/connection/database.ts';
import { Semaphore } from '@dispatcher/kit/admission/semaphore.ts';
import type { EventBus } from '@dispatcher/kit/bus/event-bus.ts';
import type { Routes } from '@dispatcher/kit/serving/routes.ts';
import type { Log } from '@dispatcher/kit/telemetry/log.ts';
import { startEventFeed } from './event-feed.ts';
import { startRelay } from './relay.ts';
import { type Retention, startRetention } from './retention.ts';
import { statsRoutes } from './routes.ts';

/** What the stats service needs from the process it runs in. */
export interface StatsServiceOptions {
  readonly database: Database;
  readonly bus: EventBus;
  readonly log: Log;
  readonly retention: Retention;
}

/** A running service: its methods, and loops that end when the service is disposed. */
export interface StatsService extends AsyncDisposable {
  readonly routes: Routes;
}

/** The number of streams that read the log at once. The others wait. The number of all streams is limited elsewhere. */
const replaysAtOnce = 8;

/** Starts the stats service: the relay, the feed of live events, and retention. */
export async function startStatsService({ database, bus, log, retention }: StatsServiceOptions): Promise<StatsService> {
  const loops = new AsyncDisposableStack();
  const feed = loops.use(await startEventFeed(database.pool, bus, log));
  loops.use(startRelay(database.pool, bus, log));
  loops.use(startRetention(database.pool, retention, log));
  return {
    routes: statsRoutes({ database, feed, replays: new Semaphore({ total: replaysAtOnce, kept: 1 }) }),
    [Symbol.asyncDispose]: () => loops.disposeAsync(),
  };
}
