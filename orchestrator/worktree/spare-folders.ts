import { mkdir, readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import { type FileLock, tryLock, waitForLock } from '../process/file-lock.ts';
import { writeAtomically } from '../record/write-atomically.ts';

/**
 * The folders of a daemon for what belongs to no task: spare worktrees, and what is being deleted. There is one folder
 * for repositories and one for worktrees. Each is on the file system of those in use, so that a rename can move them in
 * and out.
 */
export interface SpareFolders {
  readonly repositories: string;
  readonly worktrees: string;
}

/** The owner of the folders, and their places. */
export interface SparePlace {
  /**
   * The folder for all daemons, in the state folder. Each daemon has its own folder in it, and locks that while it
   * runs.
   */
  readonly sparesDir: string;
  readonly daemonId: string;
  /** The folder for worktrees. No other daemon uses it at the same time. */
  readonly worktreesDir: string;
}

/** The folders of a daemon that is gone. While this process holds the lock, nobody else deletes them. */
export interface LeftFolders {
  readonly daemonId: string;
  readonly repositories: string;
  /** Null when the daemon was killed before it created any. */
  readonly worktrees: string | null;
  readonly lock: FileLock;
}

const placeSchema = z.object({ worktrees: z.string() });

/** Creates the folders of a daemon. Their places are written to disk before anything is put into them. */
export async function openSpareFolders({ sparesDir, daemonId, worktreesDir }: SparePlace): Promise<SpareFolders & { readonly lock: FileLock }> {
  const repositories = path.join(sparesDir, daemonId);
  // In capitals, because no task id has capitals.
  const worktrees = path.join(worktreesDir, `SPARE-${daemonId}`);
  await using _all = await lockAll(sparesDir);
  const lock = await tryLock(path.join(repositories, 'lock'));
  if (lock === null) throw new Error(`${repositories} belongs to another daemon`);
  await writeAtomically(path.join(repositories, 'place.json'), `${JSON.stringify({ worktrees })}\n`);
  await mkdir(worktrees, { recursive: true });
  return { repositories, worktrees, lock };
}

/** Finds the folders of daemons that were killed. */
export async function findLeftFolders(sparesDir: string): Promise<LeftFolders[]> {
  await using _all = await lockAll(sparesDir);
  const left: LeftFolders[] = [];
  for (const daemonId of await readdir(sparesDir).catch(() => [])) {
    const repositories = path.join(sparesDir, daemonId);
    const lock = await tryLock(path.join(repositories, 'lock'));
    if (lock !== null) left.push({ daemonId, repositories, worktrees: await readPlace(repositories), lock });
  }
  return left;
}

async function readPlace(repositories: string): Promise<string | null> {
  const text = await readFile(path.join(repositories, 'place.json'), 'utf8').catch(() => null);
  return text === null ? null : placeSchema.parse(JSON.parse(text)).worktrees;
}

async function lockAll(sparesDir: string): Promise<FileLock> {
  const lock = await waitForLock(`${sparesDir}.lock`);
  if (lock === null) throw new Error(`The lock of ${sparesDir} could not be taken`);
  return lock;
}
