import { setTimeout as sleep } from 'node:timers/promises';
import type { Log } from '@dispatcher/kit/telemetry/log.ts';
import { Client, DatabaseError } from 'pg';
import { createCluster } from './cluster.ts';
import { killLeftOverPostgres, stopLeftOverPostgres } from './left-over-postgres.ts';
import { earlierFolder, findPostgresPlace } from './place.ts';
import { type PostgresProcess, startPostgresProcess } from './server-process.ts';
import { createSocketFolder, socketFolder } from './socket-folder.ts';

/** A PostgreSQL server of our own. Disposing it stops it, within 10 s even where it hangs. */
export interface EmbeddedPostgres extends AsyncDisposable {
  /** How to connect: the user and the database are both `dispatcher`, over a socket that only this account can open. */
  readonly url: string;
}

/** What the embedded PostgreSQL needs. */
export interface EmbeddedPostgresOptions {
  /** An existing folder that this process holds alone; see `holdDataFolder`. */
  readonly dataDir: string;
  readonly log: Log;
  /** Breaks off the start; without effect once it has started. */
  readonly signal?: AbortSignal;
  /** Settings of PostgreSQL beside the defaults, such as `fsync: 'off'` for tests. */
  readonly settings?: Readonly<Record<string, string>>;
}

/**
 * Starts the PostgreSQL that comes with the install on the cluster in the data folder, made on the first start, and
 * starts it again should it end by itself.
 */
export async function startEmbeddedPostgres({ dataDir, log, signal, settings }: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  const place = await findPostgresPlace(dataDir);
  const sockets = await createSocketFolder(place);
  await createCluster(place);
  const stopping = new AbortController();
  const start = async (startSignal: AbortSignal): Promise<PostgresProcess> => {
    await stopLeftOverPostgres(place.cluster, sockets, log, startSignal);
    return startPostgresProcess(place, { ...ownSettings, ...settings, unix_socket_directories: sockets }, log, startSignal);
  };
  let server = await start(signal ?? stopping.signal);

  const keepRunning = async () => {
    while (!stopping.signal.aborted) {
      await server.exited;
      server = (await startAgain(start, log, stopping.signal)) ?? server;
    }
  };
  const kept = keepRunning();
  const stop = async () => {
    stopping.abort();
    await server.stop();
    await kept;
    // A restart may have succeeded in the very moment of the abort.
    await server.stop();
    await killLeftOverPostgres(place.cluster);
  };

  try {
    await createDatabase(urlOf(sockets, 'postgres'));
  } catch (error) {
    await stop();
    throw error;
  }
  return { url: urlOf(sockets, 'dispatcher'), [Symbol.asyncDispose]: stop };
}

/** The command line's word is final, whatever the cluster's own files say. */
const ownSettings = {
  listen_addresses: '',
  unix_socket_permissions: '0700',
  fsync: 'on',
  full_page_writes: 'on',
  synchronous_commit: 'on',
  timezone: 'UTC',
  log_timezone: 'UTC',
  logging_collector: 'off',
  // Failed statements are for whoever sent them; this keeps the server's own events.
  log_min_messages: 'log',
};

/** Tries until it runs again or is told to stop, waiting longer each time, up to 10 seconds. */
async function startAgain(
  start: (signal: AbortSignal) => Promise<PostgresProcess>,
  log: Log,
  signal: AbortSignal,
): Promise<PostgresProcess | undefined> {
  for (let waitMs = 100; !signal.aborted; waitMs = Math.min(waitMs * 2, 10_000)) {
    log.warn({ waitMs }, 'PostgreSQL ended by itself and is started again');
    await sleep(waitMs, undefined, { signal }).catch(() => undefined);
    if (signal.aborted) return undefined;
    try {
      return await start(signal);
    } catch (err) {
      log.error({ err }, 'PostgreSQL did not start again');
    }
  }
  return undefined;
}

/**
 * How to reach the PostgreSQL of a data folder from another process. It may not run at the moment. Throws when there
 * is none.
 */
export async function embeddedPostgresUrl(dataDir: string): Promise<string> {
  const folder = await earlierFolder(dataDir);
  if (folder === undefined) throw new Error(`There is no database in ${dataDir}. Start Dispatcher with \`npm start\`, or set DATABASE_URL.`);
  return urlOf(socketFolder(folder), 'dispatcher');
}

function urlOf(socketFolder: string, database: string): string {
  return `postgresql://dispatcher@localhost/${database}?host=${encodeURIComponent(socketFolder)}`;
}

/** A server that has just become ready answers within this time. */
const firstAnswerMs = 10_000;

async function createDatabase(adminUrl: string): Promise<void> {
  const client = new Client({ connectionString: adminUrl, connectionTimeoutMillis: firstAnswerMs, query_timeout: firstAnswerMs });
  // A connection that breaks says so besides failing its statement; without a listener it would end the process.
  client.on('error', () => undefined);
  await client.connect();
  try {
    await client.query('CREATE DATABASE dispatcher');
  } catch (error) {
    const exists = error instanceof DatabaseError && error.code === '42P04';
    if (!exists) throw error;
  } finally {
    await client.end();
  }
}
