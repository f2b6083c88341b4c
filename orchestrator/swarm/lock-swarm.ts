import { type FileLock, tryLock, waitForLock } from '../process/file-lock.ts';
import type { SwarmFolder } from './swarm-folder.ts';

/** Keeps others from starting members, or forgetting them, until it is disposed of. A start may take two minutes. */
export async function lockSwarm(folder: SwarmFolder, say: (line: string) => void, signal?: AbortSignal): Promise<FileLock> {
  const free = await tryLock(folder.lock);
  if (free !== null) return free;
  say('Another start or stop is under way; waiting for it.');
  const lock = await waitForLock(folder.lock, signal);
  if (lock === null) throw signal?.reason;
  return lock;
}
