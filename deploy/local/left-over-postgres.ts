import { readdir, readFile, readlink, realpath, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Log } from '@dispatcher/kit/log.ts';

/** Stops a PostgreSQL that an earlier start left running on this cluster. Call it only while holding the data folder. */
export async function stopLeftOverPostgres(cluster: string, log: Log): Promise<void> {
  // Elsewhere than on Linux there is no safe way to know whose process it is; PostgreSQL then refuses by itself.
  if (process.platform !== 'linux') return;
  const steps = [
    { signal: 'SIGINT', waitMs: 10_000 },
    { signal: 'SIGQUIT', waitMs: 5_000 },
    { signal: 'SIGKILL', waitMs: 5_000 },
  ] as const;
  for (const { signal, waitMs } of steps) {
    const left = await processesOn(cluster);
    if (left.length === 0) break;
    log.warn({ pids: left, signal }, 'stopping a PostgreSQL that an earlier start left running');
    for (const pid of left) kill(pid, signal);
    await untilNoneIsOn(cluster, waitMs);
  }
  const left = await processesOn(cluster);
  if (left.length > 0) throw new Error(`A PostgreSQL still runs on ${cluster} (process ${left.join(', ')}) and cannot be stopped.`);
  // Its number may belong to another program by now, and PostgreSQL would refuse to start for it.
  await rm(join(cluster, 'postmaster.pid'), { force: true });
}

/** The server and its helpers all work in the cluster's folder, and only they do so under this name. */
async function processesOn(cluster: string): Promise<number[]> {
  const folder = await realpath(cluster);
  const pids = (await readdir('/proc')).map(Number).filter(Number.isInteger);
  const checked = await Promise.all(pids.map(async (pid) => ((await worksIn(pid, folder)) ? [pid] : [])));
  return checked.flat();
}

async function worksIn(pid: number, folder: string): Promise<boolean> {
  try {
    return (await readlink(`/proc/${pid}/cwd`)) === folder && (await readFile(`/proc/${pid}/comm`, 'utf8')) === 'postgres\n';
  } catch {
    return false;
  }
}

function kill(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // It has just ended, or is not ours to end, which the next look shows.
  }
}

async function untilNoneIsOn(cluster: string, waitMs: number): Promise<void> {
  const deadline = Date.now() + waitMs;
  while (Date.now() < deadline && (await processesOn(cluster)).length > 0) await sleep(20);
}
