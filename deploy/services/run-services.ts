import { once } from 'node:events';
import { migrate } from '@dispatcher/database/migrations/migrate.ts';
import type { Log } from '@dispatcher/kit/telemetry/log.ts';
import { chooseAdminKey } from '@dispatcher/local/admin-key.ts';
import { checkPorts } from '@dispatcher/local/check-ports.ts';
import { type Credentials, credentialsPath, readCredentials, saveCredentials } from '@dispatcher/local/data-folder/credentials.ts';
import { holdDataFolder } from '@dispatcher/local/data-folder/data-folder.ts';
import { createAdminClient } from '@dispatcher/local/keys/admin-client.ts';
import { startEmbeddedPostgres } from '@dispatcher/local/postgres/embedded-postgres.ts';
import { addressOf, welcome } from '@dispatcher/local/welcome.ts';
import type { ServicesSettings } from './config.ts';
import { freePorts } from './free-ports.ts';
import { createNatsServer } from './nats-server.ts';
import { createProcessGroup } from './process-group.ts';
import { createGatewayProcess, createServiceProcess, type ServiceName, serviceNames } from './processes.ts';

/** The options of a start. */
export interface ServicesOptions {
  readonly settings: ServicesSettings;
  readonly log: Log;
  /** Aborting it stops everything. */
  readonly signal: AbortSignal;
  readonly print: (text: string) => void;
}

/**
 * Runs each service and a gateway in its own process until the signal is aborted. Also runs PostgreSQL and NATS, unless
 * the settings name others.
 */
export async function runServices(options: ServicesOptions): Promise<void> {
  const { signal, print } = options;
  await using resources = new AsyncDisposableStack();
  await start(resources, options).catch((error: unknown) => {
    // An interrupted start fails with whatever error comes first.
    if (!signal.aborted) throw error;
  });
  if (!signal.aborted) await once(signal, 'abort');
  print('Stopping …');
}

async function start(resources: AsyncDisposableStack, { settings, log, signal, print }: ServicesOptions): Promise<void> {
  const { local } = settings;
  const { path: dataDir } = resources.use(await holdDataFolder(local.dataDir));
  const address = await checkPorts({ host: local.host, ports: { PORT: local.port }, adminKey: local.adminKey });
  const saved = await readCredentials(dataDir);
  const databaseUrl = local.databaseUrl ?? resources.use(await startEmbeddedPostgres({ dataDir, log, signal })).url;
  await migrate(databaseUrl, signal);
  const [natsPort = 0, anyPort = 0, ...servicePorts] = await freePorts(2 + serviceNames.length);
  const bus = resources.use(createProcessGroup(log, signal));
  if (!local.nats) await bus.start(createNatsServer(natsPort, settings.path));

  const adminKey = await chooseAdminKey({ set: local.adminKey, saved: saved?.admin_key, databaseUrl, print });
  const env = {
    ...settings.env,
    DATABASE_URL: databaseUrl,
    NATS_URL: local.nats?.NATS_URL ?? `nats://127.0.0.1:${natsPort}`,
    DISPATCHER_API_KEY: adminKey,
  };
  const ports = portsOf(local.grpcPort, servicePorts);
  const addressAt = (name: ServiceName) => `127.0.0.1:${ports[name]}`;
  const processes = resources.use(createProcessGroup(log, signal));
  await Promise.all(serviceNames.map((name) => processes.start(createServiceProcess(name, name, { host: '127.0.0.1', port: ports[name], env }))));
  const addresses = { task: [addressAt('task')], claim: [addressAt('claim')], stats: [addressAt('stats')], key: [addressAt('key')] };
  const port = local.port || anyPort;
  await processes.start(createGatewayProcess('gateway', addresses, { host: local.host, port, env }));

  const credentials = await ensureCredentials({
    dataDir,
    saved,
    adminKey,
    url: `http://${addressOf(local.host, port)}`,
    grpcUrl: addressAt('claim'),
  });
  await saveCredentials(dataDir, credentials);
  print(welcome({ credentials, path: credentialsPath(dataDir), settings: local, address, isFirst: saved === undefined }));
  print(serviceNames.map((name) => `  ${name.padEnd(6)} gRPC ${addressAt(name)}`).join('\n'));
}

/** The ports of the services: from `GRPC_PORT` plus ten on, or any free ports when it is 0. */
function portsOf(grpcPort: number, free: readonly number[]): Record<ServiceName, number> {
  const [task = 0, claim = 0, stats = 0, key = 0] = grpcPort ? [10, 11, 12, 13].map((offset) => grpcPort + offset) : free;
  return { task, claim, stats, key };
}

/** The saved key of the organization `local` if it still works, else a new one. */
async function ensureCredentials({
  dataDir,
  saved,
  adminKey,
  url,
  grpcUrl,
}: {
  dataDir: string;
  saved: Credentials | undefined;
  adminKey: string;
  url: string;
  grpcUrl: string;
}): Promise<Credentials> {
  const base = `${url}/api/v1/dispatcher`;
  const admin = await createAdminClient({ dispatcherUrl: base, adminKey, dataDir });
  const known = saved && (await fetch(`${base}/stats`, { headers: { authorization: `Bearer ${saved.api_key}` } })).ok;
  const { key } = known ? { key: saved.api_key } : await admin.createKey({ organization_id: 'local', name: 'local' });
  if (key === undefined) throw new Error('The key service answered no key.');
  // gRPC has no single address here. This is the one that most calls go to.
  return { url, grpc_url: grpcUrl, admin_key: adminKey, organization_id: 'local', api_key: key };
}
