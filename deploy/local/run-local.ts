import { once } from 'node:events';
import { Pool } from '@dispatcher/database/connection/pool.ts';
import { refuseUnsafeServer } from '@dispatcher/database/connection/refuse-unsafe-server.ts';
import type { Log } from '@dispatcher/kit/telemetry/log.ts';
import { composeServices } from './compose.ts';
import type { LocalSettings } from './config.ts';
import { createAdminKey, credentialsPath, readCredentials, saveCredentials } from './data-folder/credentials.ts';
import { holdDataFolder } from './data-folder/data-folder.ts';
import { startEmbeddedPostgres } from './postgres/embedded-postgres.ts';
import { refuseTakenPorts } from './refuse-taken-ports.ts';
import { addressOf, welcome } from './welcome.ts';

/** What a local start needs. */
export interface LocalOptions {
  readonly settings: LocalSettings;
  readonly log: Log;
  /** Aborting it breaks off the start, or stops everything. */
  readonly signal: AbortSignal;
  /** Shows a text to the person who started it. */
  readonly print: (text: string) => void;
}

/** Runs the whole of Dispatcher in this process until the signal is aborted. */
export async function runLocal({ settings, log, signal, print }: LocalOptions): Promise<void> {
  await using resources = new AsyncDisposableStack();
  const { path: dataDir } = resources.use(await holdDataFolder(settings.dataDir));
  await refuseTakenPorts(settings);
  const saved = await readCredentials(dataDir);
  const databaseUrl = settings.databaseUrl ?? resources.use(await startEmbeddedPostgres({ dataDir, log, signal })).url;
  if (settings.databaseUrl) await checkServer(settings.databaseUrl);

  const adminKey = settings.adminKey ?? saved?.admin_key ?? createAdminKey();
  const services = resources.use(await composeServices({ settings, databaseUrl, adminKey, log }));
  const credentials = {
    url: `http://${addressOf(settings.host, services.port)}`,
    grpc_url: addressOf(settings.host, services.grpcPort),
    admin_key: adminKey,
    organization_id: 'local',
    api_key: await services.ensureLocalKey(saved?.api_key),
  } as const;
  await saveCredentials(dataDir, credentials);
  print(welcome({ credentials, path: credentialsPath(dataDir), isFirst: saved === undefined }));
  if (!signal.aborted) await once(signal, 'abort');
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
