import { chmod, lstat, readdir, readFile, rm, rmdir } from 'node:fs/promises';
import path from 'node:path';
import { commitOf } from './commit.ts';
import type { Git, GitPlace } from './git.ts';

/** The name of the lock in each worktree, which no commit may contain. */
export const worktreeLockName = '.orchestrator.lock';

/** A worktree as git sees it: the folder, and its own git folder inside the shared one. */
export interface Worktree {
  readonly path: string;
  readonly gitDir: string;
}

/** Makes a worktree on a branch that exists. What a crash left of an older one at that path must have been saved and removed before. */
export async function addWorktree(git: Git, repository: GitPlace, worktreePath: string, branch: string): Promise<Worktree> {
  await git(repository, ['worktree', 'add', '--quiet', '--end-of-options', worktreePath, branch]);
  const found = await findWorktree(repository, worktreePath);
  if (found === null) throw new Error(`git made no worktree at ${worktreePath}`);
  return found;
}

/** The worktree at a path by the shared git folder's own records: the `.git` file in the folder is the agent's to change. */
export async function findWorktree(repository: GitPlace, worktreePath: string): Promise<Worktree | null> {
  const records = path.join(repository.gitDir, 'worktrees');
  for (const name of await readdir(records).catch(() => [])) {
    const gitDir = path.join(records, name);
    const link = await readFile(path.join(gitDir, 'gitdir'), 'utf8').catch(() => '');
    if (link.trim() === path.join(worktreePath, '.git')) return { path: worktreePath, gitDir };
  }
  return null;
}

/** Deletes a worktree with everything in it, and git's record of it. Nothing there is no fault. */
export async function removeWorktree(git: Git, repository: GitPlace, worktreePath: string): Promise<void> {
  await removeFolder(worktreePath);
  // git knows a worktree whose folder is gone, and answers 128 for one it does not know.
  await git(repository, ['worktree', 'remove', '--force', '--force', '--end-of-options', worktreePath], { accept: [0, 128] });
  await rmdir(path.dirname(worktreePath)).catch(() => undefined);
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

/** Points a branch at a commit if it is where we saw it; false when it has moved. */
export async function moveBranch(git: Git, repository: GitPlace, branch: string, to: string, from: string | null): Promise<boolean> {
  const zero = '0'.repeat(to.length);
  const answer = await git(repository, ['update-ref', '-m', 'dispatcher', `refs/heads/${branch}`, to, from ?? zero], { accept: [0, 1, 128] });
  return answer.code === 0;
}

/** Keeps a commit that no branch would hold any more under a name of its own. */
export async function keepCommit(git: Git, repository: GitPlace, branch: string, commit: string): Promise<void> {
  await git(repository, ['update-ref', '-m', 'dispatcher', `refs/dispatcher/kept/${branch}/${commit.slice(0, 12)}`, commit]);
}

/** Deletes a branch that is where we saw it. */
export async function deleteBranch(git: Git, repository: GitPlace, branch: string): Promise<void> {
  const tip = await commitOf(git, repository, `refs/heads/${branch}`);
  if (tip !== null) await git(repository, ['update-ref', '-d', `refs/heads/${branch}`, tip], { accept: [0, 1, 128] });
}
