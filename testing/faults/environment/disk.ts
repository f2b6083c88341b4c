import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';

/** A small disk that can be filled. Disposing it unmounts it and loses its content. */
export interface Disk extends AsyncDisposable {
  /** Fills the disk completely. */
  fill(): Promise<void>;
  /** Frees that space again. */
  free(): Promise<void>;
}

/** Twice the space that a cluster needs with the log settings of `smallLog`. */
const size = '320m';

/** Settings that keep the write-ahead log of PostgreSQL small enough for this disk. */
export const smallLog = { min_wal_size: '32MB', max_wal_size: '64MB' };

/**
 * Mounts a small disk on an empty folder. Throws with the system's message where mounting is not allowed, as for every
 * user but root.
 */
export async function mountDisk(folder: string): Promise<Disk> {
  await run('mount', ['-t', 'tmpfs', '-o', `size=${size},mode=0700`, 'dispatcher-faults', folder]);
  const ballast = join(folder, 'ballast');
  return {
    fill: () => appendUntilFull(ballast),
    free: () => rm(ballast, { force: true }),
    // The unmount is lazy, because a process that was just killed may still hold a file open for a moment.
    [Symbol.asyncDispose]: () => run('umount', ['--lazy', folder]),
  };
}

async function appendUntilFull(path: string): Promise<void> {
  await using file = await open(path, 'a');
  for (const bytes of [1 << 20, 1 << 12]) {
    const piece = Buffer.alloc(bytes, 1);
    while (await fits(file.write(piece)));
  }
}

async function fits(writing: Promise<unknown>): Promise<boolean> {
  try {
    await writing;
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOSPC') return false;
    throw error;
  }
}

async function run(command: string, args: string[]): Promise<void> {
  const child = spawn(command, args, { stdio: ['ignore', 'ignore', 'pipe'] });
  const [words, [code]] = await Promise.all([text(child.stderr), once(child, 'exit') as Promise<unknown[]>]);
  if (code !== 0) throw new Error(words.trim() || `${command} ended with ${code}`);
}
