import { mkdir, readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import { type FileLock, tryLock, waitForLock } from '../process/file-lock.ts';
import { writeAtomically } from '../record/write-atomically.ts';

/**
 * Where a daemon has what belongs to no task: spare worktrees, and what is being deleted. Repositories and worktrees
 * have a folder each, on the file system of those at work, so that a rename brings them in and out.
 */
export interface SpareFolders {
  readonly repositories: string;
  readonly worktrees: string;
}

/** Whose folders, and where. */
export interface SparePlace {
  /** The folder for all daemons, in the state folder. Each daemon has one in it, and a lock on that while it runs. */
  readonly sparesDir: string;
  readonly daemonId: string;
  /** The folder for worktrees, which no other daemon has at the same time. */
  readonly worktreesDir: string;
}

/** Folders whose daemon is gone. While the lock is held, nobody else deletes them. */
export interface LeftFolders {
  readonly daemonId: string;
  readonly repositories: string;
  /** Null when the daemon was killed before it had any. */
  readonly worktrees: string | null;
  readonly lock: FileLock;
}

const placeSchema = z.object({ worktrees: z.string() });

/** Makes the folders of a daemon. Where they are is on disk before anything is in them. */
export async function openSpareFolders({ sparesDir, daemonId, worktreesDir }: SparePlace): Promise<SpareFolders & { readonly lock: FileLock }> {
  const repositories = path.join(sparesDir, daemonId);
  // In capitals, as no task id is.
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
