import { copyFile, mkdir, rename, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { createBorrowingRepository, shareRefs } from '../git/borrowing-repository.ts';
import type { CleanClone } from '../git/clean-clone.ts';
import { type Git, parallelCheckout } from '../git/git.ts';
import { configText, type GitSetting } from '../git/user-settings.ts';
import { indexOf, placeOf, type TaskRepository, worktreeGitDir, writeBeginning } from './task-repository.ts';
import { worktreeLockName } from './worktree-lock-name.ts';

/** What is needed to make any task repository. */
export interface SpareOptions {
  /** The commit to check out ahead. */
  readonly commit: string;
  readonly originUrl: string;
  readonly settings: readonly GitSetting[];
}

/** Makes a repository and a worktree that belong to no task yet. */
export async function createSpare(git: Git, clone: CleanClone, spare: TaskRepository, options: SpareOptions, signal: AbortSignal): Promise<void> {
  const place = placeOf(spare);
  await createBorrowingRepository(git, clone, place.gitDir, ['--bare']);
  await writeFile(path.join(place.gitDir, 'config'), configText(configOf(options)), { flag: 'a' });
  await mkdir(path.join(place.gitDir, 'info'), { recursive: true });
  await writeFile(path.join(place.gitDir, 'info', 'exclude'), `/${worktreeLockName}\n`);
  const words = ['worktree', 'add', '--quiet', '--detach', '--end-of-options', spare.worktree, options.commit];
  await git(place, words, { config: parallelCheckout, signal });
}

function configOf({ originUrl, settings }: SpareOptions): GitSetting[] {
  return [
    ...settings,
    ['gc.auto', '0'],
    ['maintenance.auto', 'false'],
    ['remote.origin.url', originUrl],
    ['remote.origin.fetch', '+refs/heads/*:refs/remotes/origin/*'],
  ];
}

/** The content that the worktree of a task begins with. */
export interface TaskStart {
  readonly branch: string;
  readonly start: string;
  readonly baseBranch: string;
}

/**
 * Turns a spare into the repository of a task. It checks out only the files that differ, then renames both folders. It
 * writes the beginning to disk last, and only then the repository of the task is complete. After a kill before that, it
 * is made again.
 */
export async function moveSpare(git: Git, clone: CleanClone, spare: TaskRepository, task: TaskRepository, options: TaskStart): Promise<void> {
  const { branch, start, baseBranch } = options;
  const { gitDir } = placeOf(spare);
  const own = await worktreeGitDir(spare);
  if (own === null) throw new Error(`git made no worktree at ${spare.worktree}`);
  const worktree = { gitDir: own, workTree: spare.worktree };
  await shareRefs(git, clone, gitDir, baseBranch);
  await git({ gitDir }, ['update-ref', `refs/heads/${branch}`, start]);
  await git(worktree, ['symbolic-ref', 'HEAD', `refs/heads/${branch}`]);
  // It looks at every file, so a file that was changed or deleted since the spare was made comes back.
  await git(worktree, ['read-tree', '--reset', '-u', start], { config: parallelCheckout });
  await copyFile(path.join(own, 'index'), indexOf(spare));
  await writeFile(path.join(own, 'gitdir'), `${path.join(task.worktree, '.git')}\n`);
  await writeFile(path.join(spare.worktree, '.git'), `gitdir: ${path.join(placeOf(task).gitDir, 'worktrees', path.basename(own))}\n`);
  for (const folder of [task.folder, task.worktree]) await mkdir(path.dirname(folder), { recursive: true });
  // The repository goes first, because a worktree without one would look like files of somebody else.
  await rename(spare.folder, task.folder);
  await rename(spare.worktree, task.worktree);
  await writeBeginning(task, { start, baseline: null });
}
