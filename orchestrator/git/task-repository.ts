import { chmod, copyFile, lstat, mkdir, readdir, readFile, rename, rm, rmdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import { writeAtomically } from '../record/write-atomically.ts';
import { createBorrowingRepository } from './borrowing-repository.ts';
import type { CleanClone } from './clean-clone.ts';
import type { Git, GitPlace } from './git.ts';
import { configText, type GitSetting } from './user-settings.ts';
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

/** What a task repository is made with. */
export interface TaskRepositoryOptions {
  readonly branch: string;
  readonly start: string;
  readonly baseBranch: string;
  readonly originUrl: string;
  readonly settings: readonly GitSetting[];
}

/** Makes repository and worktree anew. It is whole when its beginning is on disk, which comes last. */
export async function createTaskRepository(git: Git, clone: CleanClone, task: TaskRepository, options: TaskRepositoryOptions): Promise<void> {
  const place = placeOf(task);
  const { branch, start } = options;
  await removeTaskRepository(task);
  await createBorrowingRepository(git, clone, place.gitDir, options.baseBranch, ['--bare']);
  await writeFile(path.join(place.gitDir, 'config'), configText(configOf(options)), { flag: 'a' });
  await mkdir(path.join(place.gitDir, 'info'), { recursive: true });
  await writeFile(path.join(place.gitDir, 'info', 'exclude'), `/${worktreeLockName}\n`);
  await git(place, ['update-ref', `refs/heads/${branch}`, start]);
  await mkdir(path.dirname(task.worktree), { recursive: true });
  await git(place, ['worktree', 'add', '--quiet', '--end-of-options', task.worktree, branch]);
  const gitDir = await worktreeGitDir(task);
  if (gitDir === null) throw new Error(`git made no worktree at ${task.worktree}`);
  await copyFile(path.join(gitDir, 'index'), indexOf(task));
  await writeBeginning(task, { start, baseline: null });
}

function configOf({ originUrl, settings }: TaskRepositoryOptions): GitSetting[] {
  return [
    ...settings,
    ['gc.auto', '0'],
    ['maintenance.auto', 'false'],
    ['remote.origin.url', originUrl],
    ['remote.origin.fetch', '+refs/heads/*:refs/remotes/origin/*'],
  ];
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

/** Deletes worktree and repository. Nothing there is no fault. */
export async function removeTaskRepository({ folder, worktree }: TaskRepository): Promise<void> {
  await removeFolder(worktree);
  await removeFolder(folder);
  await rmdir(path.dirname(worktree)).catch(() => undefined);
}

/** Moves both out of the way, under the name of what they are kept for. Answers where the files are. */
export async function setAside({ folder, worktree }: TaskRepository, name: string): Promise<string> {
  const aside = `${worktree}.kept-${name}`;
  await rename(worktree, aside);
  await rename(folder, `${folder}.kept-${name}`).catch(() => undefined);
  await rm(path.join(aside, worktreeLockName), { force: true });
  return aside;
}

/** Deletes a folder, also one that holds folders its owner may not write to, as package caches do. */
export async function removeFolder(folder: string): Promise<void> {
  const options = { recursive: true, force: true, maxRetries: 3 };
  await rm(folder, options).catch(async () => {
    await makeWritable(folder);
    await rm(folder, options);
  });
}

async function makeWritable(folder: string): Promise<void> {
  const stat = await lstat(folder).catch(() => null);
  if (!stat?.isDirectory()) return;
  await chmod(folder, 0o700);
  for (const name of await readdir(folder)) await makeWritable(path.join(folder, name));
}
