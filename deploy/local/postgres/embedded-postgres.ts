import { setTimeout as sleep } from 'node:timers/promises';
import type { Log } from '@dispatcher/kit/telemetry/log.ts';
import { Client, DatabaseError } from 'pg';
import { createCluster } from './cluster.ts';
import { killLeftOverPostgres, stopLeftOverPostgres } from './left-over-postgres.ts';
import { earlierFolder, findPostgresPlace } from './place.ts';
import { type PostgresProcess, startPostgresProcess } from './server-process.ts';
import { createSocketFolder, socketFolder } from './socket-folder.ts';

/** The embedded PostgreSQL server. Disposing it stops it within 10 s, even when it hangs. */
export interface EmbeddedPostgres extends AsyncDisposable {
  /**
   * The URL to connect with. The user and the database are both `dispatcher`. Only this account can open the socket.
   */
  readonly url: string;
}

/** What the embedded PostgreSQL needs. */
export interface EmbeddedPostgresOptions {
  /** An existing folder that only this process holds; see `holdDataFolder`. */
  readonly dataDir: string;
  readonly log: Log;
  /** Stops the start. It has no effect after the start. */
  readonly signal?: AbortSignal;
  /** Settings of PostgreSQL besides the defaults, such as `fsync: 'off'` for tests. */
  readonly settings?: Readonly<Record<string, string>>;
}

/**
 * Starts the embedded PostgreSQL on the cluster in the data folder, and creates the cluster at the first start. When
 * the server ends by itself, it is started again.
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
    // A restart may have succeeded at the moment of the abort.
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

/** The command line overrides the configuration files of the cluster. */
const ownSettings = {
  listen_addresses: '',
  unix_socket_permissions: '0700',
  fsync: 'on',
  full_page_writes: 'on',
  synchronous_commit: 'on',
  timezone: 'UTC',
  log_timezone: 'UTC',
  logging_collector: 'off',
  // Failed statements concern only their senders. This logs only events of the server.
  log_min_messages: 'log',
};

/** Tries until the server runs again or must stop. Each wait is longer, up to 10 s. */
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
 * The URL of the PostgreSQL of a data folder, for another process. The server may not be running. Throws when the
 * folder has none.
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
  // A broken connection also emits an error event. Without a listener that event would end the process.
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
