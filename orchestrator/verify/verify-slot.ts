import { availableParallelism } from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { type FileLock, tryLock } from '../process/file-lock.ts';

/** Verifications at once on this machine, over all daemons: load must not make a good commit look bad. */
const slots = Math.max(1, Math.floor(availableParallelism() / 2));

const betweenLooksMs = 100;

/** Waits for one of the machine's places to verify in; null when the signal came first. */
export async function waitForVerifySlot(locksDir: string, signal: AbortSignal): Promise<FileLock | null> {
  while (!signal.aborted) {
    for (let slot = 1; slot <= slots; slot++) {
      const lock = await tryLock(path.join(locksDir, `verify-${slot}.lock`));
      if (lock !== null) return lock;
    }
    await delay(betweenLooksMs, undefined, { signal }).catch(() => undefined);
  }
  return null;
}
