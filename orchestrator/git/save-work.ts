import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { committer, subjectOf } from './candidate.ts';
import { commitOf, isAncestor } from './commit.ts';
import { type Git, GitError, type GitPlace } from './git.ts';
import { keepCommit, moveBranch, type Worktree, worktreeLockName } from './worktree.ts';

/** What is to be saved, and under which name. */
export interface WorkToSave {
  readonly repository: GitPlace;
  readonly worktree: Worktree;
  readonly branch: string;
  readonly title: string;
  /** A scratch file outside the worktree. */
  readonly indexFile: string;
}

/**
 * Commits what an agent left in its worktree and points the task's branch at it. It reads the files with an index of its own, so it works on whatever the
 * agent made of index, HEAD and `.git`; a commit that the branch would lose by it is kept under `refs/dispatcher/kept`.
 */
export async function saveWork(git: Git, work: WorkToSave): Promise<void> {
  const { repository, branch } = work;
  const tip = await commitOf(git, repository, `refs/heads/${branch}`);
  const head = (existsSync(work.worktree.gitDir) ? await commitOf(git, { gitDir: work.worktree.gitDir }, 'HEAD') : null) ?? tip;
  if (head === null) throw new Error(`${branch} holds no commit`);
  const saved = existsSync(work.worktree.path) ? await commitFiles(git, work, head) : head;
  if (tip !== null && (await isAncestor(git, repository, saved, tip))) return;
  if (tip !== null && !(await isAncestor(git, repository, tip, saved))) await keepCommit(git, repository, branch, tip);
  if (!(await moveBranch(git, repository, branch, saved, tip))) throw new Error(`${branch} was moved by somebody else`);
}

async function commitFiles(git: Git, work: WorkToSave, head: string): Promise<string> {
  const place = { gitDir: work.repository.gitDir, workTree: work.worktree.path, indexFile: work.indexFile };
  await rm(work.indexFile, { force: true });
  try {
    await git(place, ['read-tree', head]);
    // A file that cannot be read, or an empty repository inside, must not keep the rest from being saved: exit code 1 or 128 after the others were added.
    const added = await git(place, ['add', '--all', '--ignore-errors', '--', '.'], { accept: [0, 1, 128] });
    await git(place, ['update-index', '--force-remove', '--', worktreeLockName]);
    const tree = (await git(place, ['write-tree'])).stdout.trim();
    if (tree === (await git(place, ['rev-parse', `${head}^{tree}`])).stdout.trim()) {
      if (added.code === 128) throw new GitError(['add'], 'nothing could be added', added.stderr);
      return head;
    }
    const identity = { ...(await authorFallback(git, work.repository)), ...committer };
    return (await git(place, ['commit-tree', tree, '-p', head, '-F', '-'], { input: `${subjectOf(work.title)}\n`, env: identity })).stdout.trim();
  } finally {
    await rm(work.indexFile, { force: true });
  }
}

/** The user's own name where git knows one. */
async function authorFallback(git: Git, repository: GitPlace): Promise<Record<string, string>> {
  const name = await git(repository, ['config', '--get', 'user.name'], { accept: [0, 1] });
  return name.code === 0 ? {} : { GIT_AUTHOR_NAME: 'Dispatcher agent', GIT_AUTHOR_EMAIL: 'agent@localhost' };
}
