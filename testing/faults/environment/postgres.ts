import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createLog } from '@dispatcher/kit/telemetry/log.ts';
import { startEmbeddedPostgres } from '@dispatcher/local/postgres/embedded-postgres.ts';

/** A PostgreSQL server that this process runs for several nodes. It is started again after a kill. */
export async function startSharedPostgres(dataDir: string, settings: Readonly<Record<string, string>>): Promise<{ url: string } & AsyncDisposable> {
  return await startEmbeddedPostgres({ dataDir, log: createLog('silent'), settings });
}

/** Kills the server of a cluster with signal 9. Its child processes end when they notice. */
export async function killPostgres(cluster: string): Promise<void> {
  const [pid] = await postmasterFile(cluster);
  process.kill(Number(pid), 'SIGKILL');
}

/** How to connect to the embedded PostgreSQL of a node. */
export async function urlOfCluster(cluster: string): Promise<string> {
  const [, , , , socketFolder = ''] = await postmasterFile(cluster);
  return `postgresql://dispatcher@localhost/dispatcher?host=${encodeURIComponent(socketFolder)}`;
}

/** The lines of the file are: process, data folder, start, port, folder of the socket. */
async function postmasterFile(cluster: string): Promise<string[]> {
  return (await readFile(join(cluster, 'postmaster.pid'), 'utf8')).split('\n');
}
