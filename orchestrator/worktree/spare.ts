import { copyFile, mkdir, rename, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { createBorrowingRepository, shareRefs } from '../git/borrowing-repository.ts';
import type { CleanClone } from '../git/clean-clone.ts';
import { type Git, parallelCheckout } from '../git/git.ts';
import { configText, type GitSetting } from '../git/user-settings.ts';
import { indexOf, placeOf, type TaskRepository, worktreeGitDir, writeBeginning } from './task-repository.ts';
import { worktreeLockName } from './worktree-lock-name.ts';

/** What every task repository is made with. */
export interface SpareOptions {
  /** The commit that is checked out ahead. */
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

/** What a task's worktree begins with. */
export interface TaskStart {
  readonly branch: string;
  readonly start: string;
  readonly baseBranch: string;
}

/**
 * Makes a spare the repository of a task. Only the files that differ are checked out, then both folders are renamed.
 * The task's is whole when its beginning is on disk, which comes last; killed before that, it is made anew.
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
  // It looks at every file: one that was changed or deleted since the spare was made comes back.
  await git(worktree, ['read-tree', '--reset', '-u', start], { config: parallelCheckout });
  await copyFile(path.join(own, 'index'), indexOf(spare));
  await writeFile(path.join(own, 'gitdir'), `${path.join(task.worktree, '.git')}\n`);
  await writeFile(path.join(spare.worktree, '.git'), `gitdir: ${path.join(placeOf(task).gitDir, 'worktrees', path.basename(own))}\n`);
  for (const folder of [task.folder, task.worktree]) await mkdir(path.dirname(folder), { recursive: true });
  // The repository first: a worktree without one would be taken for somebody else's files.
  await rename(spare.folder, task.folder);
  await rename(spare.worktree, task.worktree);
  await writeBeginning(task, { start, baseline: null });
}
