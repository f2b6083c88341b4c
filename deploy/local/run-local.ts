import { once } from 'node:events';
import { Pool } from '@dispatcher/database/connection/pool.ts';
import { refuseUnsafeServer } from '@dispatcher/database/connection/refuse-unsafe-server.ts';
import { migrate } from '@dispatcher/database/migrations/migrate.ts';
import type { Log } from '@dispatcher/kit/telemetry/log.ts';
import { chooseAdminKey } from './admin-key.ts';
import { checkPorts } from './check-ports.ts';
import type { LocalSettings } from './config.ts';
import { credentialsPath, readCredentials, saveCredentials } from './data-folder/credentials.ts';
import { holdDataFolder } from './data-folder/data-folder.ts';
import { startInOneProcess } from './one-process.ts';
import { startEmbeddedPostgres } from './postgres/embedded-postgres.ts';
import { addressOf, welcome } from './welcome.ts';

/** The options of a local start. */
export interface LocalOptions {
  readonly settings: LocalSettings;
  readonly log: Log;
  /** Aborting it interrupts the start, or stops everything. */
  readonly signal: AbortSignal;
  /** Shows a text to the person who started it. */
  readonly print: (text: string) => void;
}

/** Runs the whole of Dispatcher in this process until the signal is aborted. */
export async function runLocal(options: LocalOptions): Promise<void> {
  const { signal, print } = options;
  await using resources = new AsyncDisposableStack();
  await start(resources, options).catch((error: unknown) => {
    // An interrupted start fails with whatever error comes first.
    if (!signal.aborted) throw error;
  });
  if (!signal.aborted) await once(signal, 'abort');
  print('Stopping …');
}

async function start(resources: AsyncDisposableStack, { settings, log, signal, print }: LocalOptions): Promise<void> {
  const { path: dataDir } = resources.use(await holdDataFolder(settings.dataDir));
  const { host, port, grpcPort } = settings;
  const address = await checkPorts({ host, ports: { PORT: port, GRPC_PORT: grpcPort }, adminKey: settings.adminKey });
  const saved = await readCredentials(dataDir);
  const databaseUrl = settings.databaseUrl ?? resources.use(await startEmbeddedPostgres({ dataDir, log, signal })).url;
  if (settings.databaseUrl) await checkServer(settings.databaseUrl);
  await migrate(databaseUrl, signal);

  const adminKey = await chooseAdminKey({ set: settings.adminKey, saved: saved?.admin_key, databaseUrl, print });
  const services = resources.use(await startInOneProcess({ settings, databaseUrl, adminKey, log, signal }));
  const credentials = {
    url: `${settings.tls.TLS_CERT === undefined ? 'http' : 'https'}://${addressOf(host, services.port)}`,
    grpc_url: addressOf(host, services.grpcPort),
    admin_key: adminKey,
    organization_id: 'local',
    api_key: await services.ensureLocalKey(saved?.api_key),
  } as const;
  await saveCredentials(dataDir, credentials);
  print(welcome({ credentials, path: credentialsPath(dataDir), settings, address, isFirst: saved === undefined }));
}

async function checkServer(databaseUrl: string): Promise<void> {
  const pool = new Pool(databaseUrl, 1);
  try {
    await pool.query('SELECT 1').catch((cause: unknown) => {
      throw new Error(`The PostgreSQL server of DATABASE_URL does not answer: ${cause instanceof Error ? cause.message : cause}`, { cause });
    });
    await refuseUnsafeServer(pool);
  } finally {
    await pool.end();
  }
}
