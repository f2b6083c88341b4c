import { availableParallelism } from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { type FileLock, tryLock } from '../process/file-lock.ts';

/** Verifications at once on this machine, for all daemons, because a good commit must not fail because of load. */
const slots = Math.max(1, Math.floor(availableParallelism() / 2));

const betweenLooksMs = 100;

/** Waits for a free slot for a verification. Null when the signal fired first. */
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
