import { type FileLock, tryLock, waitForLock } from '../process/file-lock.ts';
import type { SwarmFolder } from './swarm-folder.ts';

/**
 * Takes the swarm's lock: until it is disposed of, no other command starts or removes members. A start may take two
 * minutes.
 */
export async function lockSwarm(folder: SwarmFolder, say: (line: string) => void, signal?: AbortSignal): Promise<FileLock> {
  const free = await tryLock(folder.lock);
  if (free !== null) return free;
  say('Another start or stop is at work. Waiting for it.');
  const lock = await waitForLock(folder.lock, signal);
  if (lock === null) throw signal?.reason;
  return lock;
}
