import { createAuthenticate } from '@dispatcher/kit/auth/authentication.ts';
import { channelCredentials } from '@dispatcher/kit/channel/credentials.ts';
import { createEndpointPool, type EndpointPool } from '@dispatcher/kit/channel/endpoint-pool.ts';
import { isServing } from '@dispatcher/kit/channel/health-check.ts';
import { createChannelTransport } from '@dispatcher/kit/channel/transport.ts';
import { runMain } from '@dispatcher/kit/lifecycle/run-main.ts';
import { watchTls } from '@dispatcher/kit/listening/tls.ts';
import { createLog } from '@dispatcher/kit/telemetry/log.ts';
import { ClaimService } from '@recursiv/proto/gen/dispatcher/v1/claim_pb.ts';
import { KeyService } from '@recursiv/proto/gen/dispatcher/v1/key_pb.ts';
import { StatsService } from '@recursiv/proto/gen/dispatcher/v1/stats_pb.ts';
import { TaskService } from '@recursiv/proto/gen/dispatcher/v1/task_pb.ts';
import { gatewaySettings, readGatewaySettings } from './config.ts';
import { createGateway } from './create-gateway.ts';
import { createRemoteResolveKey } from './edge/ask-key-service.ts';

/** How long `/readyz` answers 503 before the port closes, so that a load balancer has asked once. */
const drainMs = 2000;

/** After that, how long a client may keep a connection idle before it is closed. */
const idleMs = 7000;

const about = 'Runs the gateway: REST and event streams in front of the services.';

await runMain({ command: 'npm run start:gateway', about, settings: gatewaySettings }, async (signal) => {
  const settings = readGatewaySettings();
  const log = createLog(settings.LOG_LEVEL).child({ service: 'gateway' });
  const { HOST: host, PORT: port, DISPATCHER_API_KEY: adminKey } = settings;
  await using resources = new AsyncDisposableStack();
  const poolOf = (addresses: string) => resources.use(createEndpointPool({ addresses: addresses.split(','), credentials: secret, adminKey, log }));
  const tls = resources.use(await watchTls(settings, log));
  const secret = channelCredentials(tls);
  const pools: Record<string, EndpointPool> = {
    [TaskService.typeName]: poolOf(settings.TASK_SERVICE_ADDRESSES),
    [ClaimService.typeName]: poolOf(settings.CLAIM_SERVICE_ADDRESSES),
    [StatsService.typeName]: poolOf(settings.STATS_SERVICE_ADDRESSES),
    [KeyService.typeName]: poolOf(settings.KEY_SERVICE_ADDRESSES),
  };
  const transport = createChannelTransport((service) => {
    const pool = pools[service];
    if (!pool) throw new Error(`no addresses for ${service}`);
    return pool;
  });
  const serves = async (pool: EndpointPool) => await isServing(pool.client());
  const readiness = async () => {
    const serving = await Promise.all(Object.values(pools).map((pool) => serves(pool).catch(() => false)));
    const failing = Object.keys(pools).filter((_, i) => !serving[i]);
    return { ready: failing.length === 0, failing };
  };
  const authenticate = createAuthenticate(adminKey, createRemoteResolveKey(transport));
  const gateway = resources.use(await createGateway({ host, port, transport, authenticate, adminKey, log, readiness, drainMs, idleMs, tls }));
  log.info({ port: gateway.port }, 'serving');
  await new Promise<void>((resolve) => (signal.aborted ? resolve() : signal.addEventListener('abort', () => resolve(), { once: true })));
});
