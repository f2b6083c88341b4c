import { readdir, rm, stat } from 'node:fs/promises';
import path from 'node:path';

/** Longer than any command of ours lives. */
const staleMs = 20 * 60_000;

/** Takes away the lock files that a power cut left in a git folder of our own; in anybody else's they are not ours to judge. */
export async function removeStaleLocks(gitDir: string): Promise<void> {
  for (const name of await readdir(gitDir, { recursive: true }).catch(() => [])) {
    if (!name.endsWith('.lock') || name.startsWith('objects/')) continue;
    const file = path.join(gitDir, name);
    const age = Date.now() - ((await stat(file).catch(() => null))?.mtimeMs ?? Date.now());
    if (age > staleMs) await rm(file, { force: true });
  }
}
