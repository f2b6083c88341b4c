import { readFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { allPids } from './process-table.ts';

/** Every process of a run carries its id in this variable, which its children inherit. */
export const runVariable = 'DISPATCHER_RUN';

/** After this time, killing is given up. */
const boundMs = 5_000;

/** The processes that carry the run's id in their environment, in any session or group. It works on Linux only. */
export async function straysOf(run: string): Promise<number[]> {
  return await processesWith(`${runVariable}=${run}`);
}

/** The processes with this variable in their environment, given as `NAME=value`. */
export async function processesWith(mark: string): Promise<number[]> {
  const pids = await allPids();
  const carrying = await Promise.all(pids.map(async (pid) => pid !== process.pid && (await environmentOf(pid)).includes(mark)));
  return pids.filter((_, index) => carrying[index]);
}

/** Kills the processes of a run for up to 5 s. Answers those that are still there. */
export async function killStrays(run: string): Promise<number[]> {
  const end = performance.now() + boundMs;
  for (;;) {
    const pids = await straysOf(run);
    if (pids.length === 0 || performance.now() > end) return pids;
    for (const pid of pids) killQuietly(pid);
    await delay(20);
  }
}

/** Waits for the processes that carry a mark to end by themselves, and kills those that still run after `graceMs`. */
export async function endStrays(mark: string, graceMs: number): Promise<void> {
  const end = performance.now() + graceMs;
  while (performance.now() < end && (await straysOf(mark)).length > 0) await delay(50);
  await killStrays(mark);
}

async function environmentOf(pid: number): Promise<string[]> {
  // There is nothing to read of a zombie, of another user's process, and of one that has ended.
  const text = await readFile(`/proc/${pid}/environ`, 'utf8').catch(() => '');
  return text.split('\0');
}

function killQuietly(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has ended by itself.
  }
}
