import { readdir, readFile, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import type { GitPlace } from '../git/git.ts';
import { writeAtomically } from '../record/write-atomically.ts';
import { worktreeLockName } from './worktree-lock-name.ts';

/**
 * Where one task is worked on: a worktree, and a folder of ours with the bare repository that the worktree belongs
 * to.
 */
export interface TaskRepository {
  readonly folder: string;
  readonly worktree: string;
}

/** What the worktree began with. */
export interface Beginning {
  /** The commit that was checked out. */
  readonly start: string;
  /**
   * The tree after set-up: what is as it was then is no work. Null until set-up is over; before that no agent was at
   * work.
   */
  readonly baseline: string | null;
}

const beginningSchema = z.object({ start: z.string(), baseline: z.string().nullable() });

/**
 * The bare repository. Its refs, stash, configuration and index are the task's own; an agent may do to it what it
 * likes.
 */
export function placeOf({ folder }: TaskRepository): GitPlace {
  return { gitDir: path.join(folder, 'repository.git') };
}

/** Our own index of the worktree's files, which no agent's git uses. */
export function indexOf({ folder }: TaskRepository): string {
  return path.join(folder, 'index');
}

/** What the worktree began with; null when there is none, or one that is not whole. */
export async function readBeginning({ folder }: TaskRepository): Promise<Beginning | null> {
  const text = await readFile(path.join(folder, 'beginning.json'), 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return null;
    throw error;
  });
  return text === null ? null : beginningSchema.parse(JSON.parse(text));
}

/** Replaces what is known of the beginning. */
export async function writeBeginning({ folder }: TaskRepository, beginning: Beginning): Promise<void> {
  await writeAtomically(path.join(folder, 'beginning.json'), `${JSON.stringify(beginning)}\n`);
}

/**
 * The worktree's own git folder, by the repository's records: the `.git` file in the worktree is the agent's to
 * change.
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

/** Moves both out of the way, under the name of what they are kept for. Answers where the files are. */
export async function setAside({ folder, worktree }: TaskRepository, name: string): Promise<string> {
  const aside = `${worktree}.kept-${name}`;
  await rename(worktree, aside);
  await rename(folder, `${folder}.kept-${name}`).catch(() => undefined);
  await rm(path.join(aside, worktreeLockName), { force: true });
  return aside;
}
