import type { Transport } from '@connectrpc/connect';
import { startClaimService } from '@dispatcher/claim/service.ts';
import { type Database, openDatabase } from '@dispatcher/database/connection/database.ts';
import { errorFromDatabase } from '@dispatcher/database/connection/errors.ts';
import { createResolveKey } from '@dispatcher/database/find-key.ts';
import { createKey } from '@dispatcher/key/create-key.ts';
import { createAuthenticate } from '@dispatcher/kit/auth/authentication.ts';
import { createLocalBus } from '@dispatcher/kit/bus/event-bus.ts';
import { oncePerTurn } from '@dispatcher/kit/lifecycle/once-per-turn.ts';
import { createDirectTransport } from '@dispatcher/kit/serving/direct-transport.ts';
import { serviceInterceptors } from '@dispatcher/kit/serving/interceptors.ts';
import { createLog } from '@dispatcher/kit/telemetry/log.ts';
import { startStatsService } from '@dispatcher/stats/service.ts';
import { taskRoutes } from '@dispatcher/task/routes.ts';
import { organization } from '../../stage/insert-tasks.ts';

/**
 * The services in this process, as `npm start` runs them, but without a gateway and a port. Relay, sweeper and
 * retention run.
 */
export interface OpenServices {
  readonly database: Database;
  /** Must be called after each commit that wrote an event. */
  readonly published: () => void;
  /** Calls the handlers, with authentication, admission and validation. */
  readonly transport: Transport;
  /** A key of the organization. */
  readonly key: string;
}

/** Starts them on a database that has been migrated. */
export async function openServices(databaseUrl: string): Promise<OpenServices> {
  const log = createLog('error');
  const database = await openDatabase(databaseUrl);
  const bus = createLocalBus();
  const published = oncePerTurn(() => bus.publish('committed', new Uint8Array()));
  const claims = startClaimService({ database, bus, log, published, maxAttempts: 5, stopping: new AbortController().signal });
  await startStatsService({ database, bus, log, retention: { positionDays: 7, taskDays: 90 } });
  const { key } = await createKey(database, { organizationId: organization, name: 'bench' });
  const authenticate = createAuthenticate('sk_admin_nobody_uses_this_key_0123456789', createResolveKey(database.pool));
  const interceptors = serviceInterceptors({ log, authenticate, convertError: errorFromDatabase });
  const transport = createDirectTransport([taskRoutes({ database, published }), claims.routes], interceptors);
  return { database, published, transport, key };
}
