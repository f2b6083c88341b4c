import { readFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { allPids } from './process-table.ts';

/** Every process of a run carries its id in this variable, which its children inherit. */
export const runVariable = 'DISPATCHER_RUN';

/** How long killing may take before it is given up. */
const boundMs = 5_000;

/** The processes that carry the run's id in their environment, wherever they have moved to. Only Linux tells. */
export async function straysOf(run: string): Promise<number[]> {
  return await processesWith(`${runVariable}=${run}`);
}

/** The processes that have a variable of this value in their environment, as `NAME=value`. */
export async function processesWith(mark: string): Promise<number[]> {
  const pids = await allPids();
  const carrying = await Promise.all(pids.map(async (pid) => pid !== process.pid && (await environmentOf(pid)).includes(mark)));
  return pids.filter((_, index) => carrying[index]);
}

/** Kills the processes of a run until none is left, within 5 s. Answers those that would not go. */
export async function killStrays(run: string): Promise<number[]> {
  const end = performance.now() + boundMs;
  for (;;) {
    const pids = await straysOf(run);
    if (pids.length === 0 || performance.now() > end) return pids;
    for (const pid of pids) killQuietly(pid);
    await delay(20);
  }
}

/** Waits for the processes that carry a mark to end by themselves, and kills those that are left after `graceMs`. */
export async function endStrays(mark: string, graceMs: number): Promise<void> {
  const end = performance.now() + graceMs;
  while (performance.now() < end && (await straysOf(mark)).length > 0) await delay(50);
  await killStrays(mark);
}

async function environmentOf(pid: number): Promise<string[]> {
  // A process that ended meanwhile, that is another user's, or a zombie has nothing to read.
  const text = await readFile(`/proc/${pid}/environ`, 'utf8').catch(() => '');
  return text.split('\0');
}

function killQuietly(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It ended by itself.
  }
}
