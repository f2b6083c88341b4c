import type { Database } from '@dispatcher/database/connection/database.ts';
import type { EventBus } from '@dispatcher/kit/bus/event-bus.ts';
import type { Routes } from '@dispatcher/kit/serving/routes.ts';
import type { Log } from '@dispatcher/kit/telemetry/log.ts';
import { startAvailableTasks } from './available-tasks.ts';
import { claimRoutes } from './routes.ts';
import { createClaimStatements } from './statements.ts';
import { startSweeper } from './sweeper.ts';
import { WaitingClaims } from './waiting-claims.ts';

/** What the claim service needs from the process it runs in. */
export interface ClaimServiceOptions {
  readonly database: Database;
  readonly bus: EventBus;
  readonly log: Log;
  /** Called after each commit that wrote an event. */
  readonly published: () => void;
  /** The number of claims that may end without done or `completed`. After that many the server holds the task. */
  readonly maxAttempts: number;
  /** When it fires, all waiting callers of claim-next get the answer that there is no task. */
  readonly stopping: AbortSignal;
}

/** A running service: its methods, and loops that end when the service is disposed. */
export interface ClaimService extends AsyncDisposable {
  readonly routes: Routes;
}

/** Starts the claim service: the sweeper, and the subscription to tasks that callers wait for. */
export function startClaimService({ bus, log, stopping, ...options }: ClaimServiceOptions): ClaimService {
  const loops = new AsyncDisposableStack();
  const dependencies = { ...options, statements: createClaimStatements(options.database.pool), waiting: new WaitingClaims(stopping) };
  loops.use(startAvailableTasks(dependencies, bus, log));
  loops.use(startSweeper(dependencies, log));
  return { routes: claimRoutes(dependencies), [Symbol.asyncDispose]: () => loops.disposeAsync() };
}
