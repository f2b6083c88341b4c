import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';

/** A small disk that can be full. When it is disposed, it is unmounted and its content is lost. */
export interface Disk extends AsyncDisposable {
  /** Fills the disk to the last page. */
  fill(): Promise<void>;
  /** Frees that space. */
  free(): Promise<void>;
}

/** Room for a cluster and its log as `smallLog` keeps it, and for as much again. */
const size = '320m';

/** Settings with which PostgreSQL keeps its log small enough for such a disk. */
export const smallLog = { min_wal_size: '32MB', max_wal_size: '64MB' };

/**
 * Mounts one on an empty folder. Throws with the system's words where that is not permitted, as for anybody but root.
 */
export async function mountDisk(folder: string): Promise<Disk> {
  await run('mount', ['-t', 'tmpfs', '-o', `size=${size},mode=0700`, 'dispatcher-faults', folder]);
  const ballast = join(folder, 'ballast');
  return {
    fill: () => appendUntilFull(ballast),
    free: () => rm(ballast, { force: true }),
    // Lazily, since a process that was just killed may hold a file of it for a moment longer.
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
