import { startClaimService } from '@dispatcher/claim/service.ts';
import { type Database, openDatabase } from '@dispatcher/database/connection/database.ts';
import { errorFromDatabase } from '@dispatcher/database/connection/errors.ts';
import { createResolveKey } from '@dispatcher/database/find-key.ts';
import { readInstallationId } from '@dispatcher/database/installation-id.ts';
import { applyHalfLife } from '@dispatcher/database/tasks/half-life.ts';
import { createGateway } from '@dispatcher/gateway/create-gateway.ts';
import { createKey } from '@dispatcher/key/create-key.ts';
import { keyRoutes } from '@dispatcher/key/routes.ts';
import { digestOfKey, isApiKey } from '@dispatcher/kit/auth/api-key.ts';
import { createAuthenticate } from '@dispatcher/kit/auth/authentication.ts';
import { createLocalBus } from '@dispatcher/kit/bus/event-bus.ts';
import { openNatsBus } from '@dispatcher/kit/bus/nats-bus.ts';
import { oncePerTurn } from '@dispatcher/kit/lifecycle/once-per-turn.ts';
import { serveRpc } from '@dispatcher/kit/listening/serve-rpc.ts';
import { watchTls } from '@dispatcher/kit/listening/tls.ts';
import { createDirectTransport } from '@dispatcher/kit/serving/direct-transport.ts';
import { healthRoutes } from '@dispatcher/kit/serving/health.ts';
import { serviceInterceptors } from '@dispatcher/kit/serving/interceptors.ts';
import { reflectionRoutes } from '@dispatcher/kit/serving/reflection.ts';
import type { Log } from '@dispatcher/kit/telemetry/log.ts';
import { startStatsService } from '@dispatcher/stats/service.ts';
import { taskRoutes } from '@dispatcher/task/routes.ts';
import { ClaimService } from '@recursiv/proto/gen/dispatcher/v1/claim_pb.ts';
import { KeyService } from '@recursiv/proto/gen/dispatcher/v1/key_pb.ts';
import { StatsService } from '@recursiv/proto/gen/dispatcher/v1/stats_pb.ts';
import { TaskService } from '@recursiv/proto/gen/dispatcher/v1/task_pb.ts';
import type { LocalSettings } from './config.ts';

/** What all services together need. */
export interface OneProcessOptions {
  readonly settings: LocalSettings;
  /** The URL of the embedded server or of the one in the settings. The database must have the newest schema. */
  readonly databaseUrl: string;
  readonly adminKey: string;
  readonly log: Log;
  /** Stops the start when it fires. */
  readonly signal?: AbortSignal;
}

/**
 * The running services and gateway. Disposing them finishes the calls in flight and stops them within 11 s, even when
 * PostgreSQL hangs.
 */
export interface OneProcess extends AsyncDisposable {
  /** The port of REST, SSE and the probes. */
  readonly port: number;
  /** The port of gRPC and Connect. */
  readonly grpcPort: number;
  /** Returns the saved key of the organization `local` if it still works, else a new one. */
  ensureLocalKey(saved: string | undefined): Promise<string>;
}

const services = [TaskService, ClaimService, StatsService, KeyService];

/** Starts all services and the gateway in this process. Resolves when `/readyz` answers 200. */
export async function startInOneProcess({ settings, databaseUrl, adminKey, log, signal }: OneProcessOptions): Promise<OneProcess> {
  await using resources = new AsyncDisposableStack();
  const tls = resources.use(await watchTls(settings.tls, log));
  const stopping = new AbortController();
  const database = resources.use(await openDatabase(databaseUrl, stopping.signal));
  await applyHalfLife(databaseUrl, settings.halfLifeDays, signal);
  const bus = resources.use(settings.nats ? await openNatsBus(settings.nats, await readInstallationId(database.pool), log) : createLocalBus());
  const published = oncePerTurn(() => bus.publish('committed', new Uint8Array()));
  const claims = resources.use(startClaimService({ database, bus, log, published, maxAttempts: settings.maxAttempts, stopping: stopping.signal }));
  const stats = resources.use(await startStatsService({ database, bus, log, retention: { positionDays: 7, taskDays: settings.retentionDays } }));

  const authenticate = createAuthenticate(adminKey, createResolveKey(database.pool));
  const interceptors = serviceInterceptors({ log, authenticate, convertError: errorFromDatabase });
  const routes = [taskRoutes({ database, published }), claims.routes, stats.routes, keyRoutes({ database })];
  const readiness = () => readinessOf(database);
  const standard = [
    healthRoutes(
      services.map((service) => service.typeName),
      readiness,
    ),
    reflectionRoutes(services),
  ];
  const { host } = settings;
  await using servers = new AsyncDisposableStack();
  const rpc = servers.use(await serveRpc({ host, port: settings.grpcPort, routes, interceptors, authenticate, open: standard, tls }));
  const transport = createDirectTransport(routes, interceptors);
  const gateway = servers.use(await createGateway({ host, port: settings.port, transport, authenticate, adminKey, log, readiness, tls }));
  servers.move();
  const running = resources.move();
  return {
    port: gateway.port,
    grpcPort: rpc.port,
    ensureLocalKey: (saved) => ensureLocalKey(database, saved),
    async [Symbol.asyncDispose]() {
      stopping.abort();
      await Promise.all([gateway[Symbol.asyncDispose](), rpc[Symbol.asyncDispose]()]);
      await running.disposeAsync();
    },
  };
}

/** NATS is not checked: everything works without it, and events that go through it only arrive a little later. */
async function readinessOf(database: Database): Promise<{ ready: boolean; failing: string[] }> {
  return database.pool.query('SELECT 1').then(
    () => ({ ready: true, failing: [] }),
    () => ({ ready: false, failing: ['postgres'] }),
  );
}

async function ensureLocalKey(database: Database, saved: string | undefined): Promise<string> {
  const known = saved !== undefined && isApiKey(saved) && (await createResolveKey(database.pool)(digestOfKey(saved), saved));
  if (known) return saved;
  return (await createKey(database, { organizationId: 'local', name: 'local' })).key;
}
