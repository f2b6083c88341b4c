import { readdir, readFile, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import type { GitPlace } from '../git/git.ts';
import { writeAtomically } from '../record/write-atomically.ts';
import { worktreeLockName } from './worktree-lock-name.ts';

/** The folders for the work on one task: a worktree, and our own folder with the bare repository of the worktree. */
export interface TaskRepository {
  readonly folder: string;
  readonly worktree: string;
}

/** What the worktree began with. */
export interface Beginning {
  /** The commit that was checked out. */
  readonly start: string;
  /**
   * The tree after set-up. Files that are still as they were then are not work. Null until set-up is over; no agent has
   * worked before that.
   */
  readonly baseline: string | null;
}

const beginningSchema = z.object({ start: z.string(), baseline: z.string().nullable() });

/**
 * The bare repository. Its refs, stash, configuration and index belong to the task alone, so an agent may change them
 * in any way.
 */
export function placeOf({ folder }: TaskRepository): GitPlace {
  return { gitDir: path.join(folder, 'repository.git') };
}

/** Our own index of the files in the worktree. The git of the agent does not use it. */
export function indexOf({ folder }: TaskRepository): string {
  return path.join(folder, 'index');
}

/** What the worktree began with. Null when there is no worktree, or an incomplete one. */
export async function readBeginning({ folder }: TaskRepository): Promise<Beginning | null> {
  const text = await readFile(path.join(folder, 'beginning.json'), 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return null;
    throw error;
  });
  return text === null ? null : beginningSchema.parse(JSON.parse(text));
}

/** Replaces the record of the beginning. */
export async function writeBeginning({ folder }: TaskRepository, beginning: Beginning): Promise<void> {
  await writeAtomically(path.join(folder, 'beginning.json'), `${JSON.stringify(beginning)}\n`);
}

/**
 * The git folder of the worktree, from the records of the repository. The `.git` file in the worktree is not used,
 * because the agent may change it.
 */
export async function worktreeGitDir(task: TaskRepository): Promise<string | null> {
  const records = path.join(placeOf(task).gitDir, 'worktrees');
  for (const name of await readdir(records).catch(() => [])) {
    const gitDir = path.join(records, name);
    const link = await readFile(path.join(gitDir, 'gitdir'), 'utf8').catch(() => '');
    if (link.trim() === path.join(task.worktree, '.git')) return gitDir;
  }
  return null;
}

/**
 * Moves both folders out of the way. Their new names contain what they are kept for. Returns the new place of the
 * files.
 */
export async function setAside({ folder, worktree }: TaskRepository, name: string): Promise<string> {
  const aside = `${worktree}.kept-${name}`;
  await rename(worktree, aside);
  await rename(folder, `${folder}.kept-${name}`).catch(() => undefined);
  await rm(path.join(aside, worktreeLockName), { force: true });
  return aside;
}
