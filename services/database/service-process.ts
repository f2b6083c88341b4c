import type { DescService } from '@bufbuild/protobuf';
import { createAuthenticate } from '@dispatcher/kit/auth/authentication.ts';
import type { EventBus } from '@dispatcher/kit/bus/event-bus.ts';
import { openNatsBus } from '@dispatcher/kit/bus/nats-bus.ts';
import type { NatsSettings } from '@dispatcher/kit/bus/nats-settings.ts';
import { channelRoutes } from '@dispatcher/kit/channel/server.ts';
import { oncePerTurn } from '@dispatcher/kit/lifecycle/once-per-turn.ts';
import { serveRpc } from '@dispatcher/kit/listening/serve-rpc.ts';
import { type TlsSettings, watchTls } from '@dispatcher/kit/listening/tls.ts';
import { createDirectTransport } from '@dispatcher/kit/serving/direct-transport.ts';
import { healthRoutes } from '@dispatcher/kit/serving/health.ts';
import { serviceInterceptors } from '@dispatcher/kit/serving/interceptors.ts';
import { reflectionRoutes } from '@dispatcher/kit/serving/reflection.ts';
import type { Routes } from '@dispatcher/kit/serving/routes.ts';
import { createLog, type Log } from '@dispatcher/kit/telemetry/log.ts';
import { type Database, openDatabase } from './connection/database.ts';
import { errorFromDatabase } from './connection/errors.ts';
import { refuseUnsafeServer } from './connection/refuse-unsafe-server.ts';
import { createResolveKey } from './find-key.ts';
import { readInstallationId } from './installation-id.ts';
import { refuseUnknownSchema } from './migrations/schema-version.ts';

/** The settings that every service reads, with the names of `serviceFields`. */
export interface ServiceSettings extends TlsSettings, NatsSettings {
  HOST: string;
  GRPC_PORT: number;
  DATABASE_URL: string;
  DISPATCHER_ALLOW_UNSAFE_SERVER: boolean;
  DISPATCHER_API_KEY: string;
  LOG_LEVEL: string;
}

/** What a service gets at its start. */
export interface ServiceParts {
  readonly database: Database;
  readonly bus: EventBus;
  readonly log: Log;
  /** The service calls it after each commit that wrote an event. */
  readonly published: () => void;
  /** Resources that are disposed when the service stops, after its last call. */
  readonly resources: AsyncDisposableStack;
}

/**
 * Runs one service in its own process until `signal` fires. The methods that `start` returns are served over gRPC,
 * Connect and the channel of the gateways. `keysKeptMs` is how long it caches a key, when it differs from the default.
 */
export async function runServiceProcess(
  service: DescService,
  settings: ServiceSettings,
  signal: AbortSignal,
  start: (parts: ServiceParts) => Promise<Routes> | Routes,
  keysKeptMs?: number,
): Promise<void> {
  const log = createLog(settings.LOG_LEVEL).child({ service: service.typeName });
  await using resources = new AsyncDisposableStack();
  const tls = resources.use(await watchTls(settings, log));
  const database = resources.use(await openDatabase(settings.DATABASE_URL, signal));
  if (!settings.DISPATCHER_ALLOW_UNSAFE_SERVER) await refuseUnsafeServer(database.pool);
  await refuseUnknownSchema(database.orm);
  const bus = resources.use(await openNatsBus(settings, await readInstallationId(database.pool), log));
  const published = oncePerTurn(() => bus.publish('committed', new Uint8Array()));
  const routes = await start({ database, bus, log, published, resources });

  const authenticate = createAuthenticate(settings.DISPATCHER_API_KEY, createResolveKey(database.pool), { keptMs: keysKeptMs });
  const interceptors = serviceInterceptors({ log, authenticate, convertError: errorFromDatabase });
  const channel = channelRoutes([service], createDirectTransport([routes], interceptors), signal);
  const open = [healthRoutes([service.typeName], () => readinessOf(database, signal)), reflectionRoutes([service])];
  const { port } = resources.use(
    await serveRpc({ host: settings.HOST, port: settings.GRPC_PORT, routes: [routes], interceptors, authenticate, internal: [channel], open, tls }),
  );
  log.info({ port }, 'serving');
  await new Promise<void>((resolve) => (signal.aborted ? resolve() : signal.addEventListener('abort', () => resolve(), { once: true })));
}

/** The bus does not count, because everything works without it, only a little later. */
async function readinessOf(database: Database, stopping: AbortSignal): Promise<{ ready: boolean; failing: string[] }> {
  const postgres = await database.pool.query('SELECT 1').then(
    () => true,
    () => false,
  );
  const failing = [...(postgres ? [] : ['postgres']), ...(stopping.aborted ? ['stopping'] : [])];
  return { ready: failing.length === 0, failing };
}
