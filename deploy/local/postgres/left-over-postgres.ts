import { readdir, readFile, readlink, realpath, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Log } from '@dispatcher/kit/telemetry/log.ts';
import { stopSteps } from './server-process.ts';

/**
 * Stops a PostgreSQL that an earlier start left running on this cluster. Deletes the files it left there and in the
 * folder of its socket. Throws when `giveUp` fires before it is done. Call it only while holding the data folder.
 */
export async function stopLeftOverPostgres(cluster: string, socketFolder: string, log: Log, giveUp: AbortSignal): Promise<void> {
  // Only Linux has a safe way to find out whose process it is. Elsewhere PostgreSQL itself refuses to start.
  if (process.platform !== 'linux') return;
  for (const [signal, waitMs] of stopSteps) {
    const left = await processesOn(cluster);
    if (left.length === 0) break;
    log.warn({ pids: left, signal }, 'stopping what is left of an earlier PostgreSQL');
    for (const pid of left) kill(pid, signal);
    await untilNoneIsOn(cluster, waitMs, giveUp);
  }
  const { ours, unknown } = await lookAround(cluster);
  if (ours.length > 0) throw new Error(`A PostgreSQL still runs on ${cluster} (process ${ours.join(', ')}) and cannot be stopped.`);
  // A process id in these files may now belong to another program, or to a dead process that its parent has not
  // collected. PostgreSQL would then refuse to start. When a process could be one of ours, the checks of PostgreSQL
  // decide.
  if (unknown) return;
  for (const file of [join(cluster, 'postmaster.pid'), ...['', '.lock'].map((end) => join(socketFolder, `.s.PGSQL.5432${end}`))])
    await rm(file, { force: true });
}

/**
 * Ends the processes that still work on a cluster after its server has ended, such as a helper that hangs. Everything
 * committed is on disk.
 */
export async function killLeftOverPostgres(cluster: string): Promise<void> {
  if (process.platform !== 'linux') return;
  for (const pid of await processesOn(cluster)) kill(pid, 'SIGKILL');
  await untilNoneIsOn(cluster, killedMs);
}

/** A killed process is gone within this time, unless it waits for a disk. */
const killedMs = 1_000;

/** The ids of the processes that work on a cluster: the server and its helpers. */
export async function processesOn(cluster: string): Promise<number[]> {
  return (await lookAround(cluster)).ours;
}

async function lookAround(cluster: string): Promise<{ ours: number[]; unknown: boolean }> {
  const folder = await realpath(cluster);
  const owner = (await stat(folder)).uid;
  const pids = (await readdir('/proc')).map(Number).filter(Number.isInteger);
  const findings = await Promise.all(pids.map(async (pid) => ({ pid, finding: await lookAt(pid, folder, owner) })));
  return {
    ours: findings.filter(({ finding }) => finding === 'ours').map(({ pid }) => pid),
    unknown: findings.some(({ finding }) => finding === 'unknown'),
  };
}

/**
 * Every process of a server has the folder of its cluster as its working folder, and the same owner. In some containers
 * root cannot see that; then the command line of the server is used.
 */
async function lookAt(pid: number, folder: string, owner: number): Promise<'ours' | 'unknown' | 'other'> {
  try {
    if ((await readFile(`/proc/${pid}/comm`, 'utf8')) !== 'postgres\n' || (await stat(`/proc/${pid}`)).uid !== owner) return 'other';
    const workingFolder = await readlink(`/proc/${pid}/cwd`).catch((error: NodeJS.ErrnoException) => error.code);
    if (workingFolder !== 'EACCES') return workingFolder === folder ? 'ours' : 'other';
    const [, option, value] = (await readFile(`/proc/${pid}/cmdline`, 'utf8')).split('\0');
    if (option !== '-D') return 'unknown';
    return value === folder ? 'ours' : 'other';
  } catch {
    // The process has just ended.
    return 'other';
  }
}

function kill(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // The process has just ended, or we may not end it. The next look shows which.
  }
}

async function untilNoneIsOn(cluster: string, waitMs: number, giveUp?: AbortSignal): Promise<void> {
  const deadline = performance.now() + waitMs;
  while (performance.now() < deadline && (await processesOn(cluster)).length > 0) await sleep(20, undefined, { signal: giveUp });
}
