import { existsSync } from 'node:fs';
import { appendFile, mkdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { fetchFromOrigin } from '../git/clean-clone.ts';
import { commitOf, isAncestor } from '../git/commit.ts';
import type { Git, GitPlace } from '../git/git.ts';
import { addWorktree, findWorktree, keepCommit, moveBranch, removeWorktree, type Worktree, worktreeLockName } from '../git/worktree.ts';
import { bootId } from '../process/boot-id.ts';
import { tryLock } from '../process/file-lock.ts';
import { type ActiveRun, exclusively } from './active-run.ts';
import { saveRun } from './save-run.ts';

/**
 * Makes the run's worktree, or takes up the one that is there: after a crash of this run, or of one whose records are gone. Work that was left in it is
 * saved to the branch first.
 */
export async function prepareWorktree(run: ActiveRun): Promise<Worktree> {
  return await exclusively(run.context, async () => {
    const { git, repository } = run.context;
    const { branch, worktree: worktreePath, state } = run.file.record;
    await excludeLock(repository.place);
    let worktree = await findWorktree(repository.place, worktreePath);
    if (existsSync(worktreePath)) await lockWorktree(run);
    if (worktree !== null && existsSync(worktreePath)) await saveRun(run, worktree);
    // A run that has only been claimed begins from where origin stands now, with what it found here saved.
    if (worktree === null || state === 'claimed' || !(await isUsable(git, worktree, branch))) {
      await releaseWorktreeLock(run);
      await removeWorktree(git, repository.place, worktreePath);
      await placeBranch(run);
      await mkdir(path.dirname(worktreePath), { recursive: true });
      worktree = await addWorktree(git, repository.place, worktreePath, branch);
      await lockWorktree(run);
    }
    return worktree;
  });
}

/** Points the task's branch at where the work begins: an earlier attempt's work, from origin or from here, or else the newest base. */
async function placeBranch(run: ActiveRun): Promise<void> {
  const { git, clone, repository, settings } = run.context;
  const { branch } = run.file.record;
  const base = await commitOf(git, clone.place, `refs/heads/${settings.baseBranch}`);
  if (base === null) throw new Error(`origin has no branch ${settings.baseBranch}`);
  const onOrigin = await fetchFromOrigin(git, clone, branch, run.signal);
  await run.file.update({ originBranch: onOrigin });
  await bringBase(run);
  const here = await commitOf(git, repository.place, `refs/heads/${branch}`);
  if (onOrigin !== null) await fetchIntoRepository(run, `refs/heads/${branch}`, `refs/dispatcher/origin/${branch}`);
  const start = await startingPoint(git, repository.place, { base, onOrigin, here });
  if (here !== null && !(await isAncestor(git, repository.place, here, start))) await keepCommit(git, repository.place, branch, here);
  if (here !== start && !(await moveBranch(git, repository.place, branch, start, here))) throw new Error(`${branch} was moved by somebody else`);
}

/** Brings the newest base, as fetched, to where the agent finds it: `origin/<base>`. */
export async function bringBase(run: ActiveRun): Promise<void> {
  const { baseBranch } = run.context.settings;
  await fetchIntoRepository(run, `refs/heads/${baseBranch}`, `refs/remotes/origin/${baseBranch}`);
}

/** The repository's configuration is not trusted: only a path on this machine, and git's own program at its other end. */
async function fetchIntoRepository({ context: { git, repository, clone } }: ActiveRun, from: string, to: string): Promise<void> {
  const words = ['--quiet', '--no-tags', '--no-write-fetch-head', '--no-auto-maintenance', '--upload-pack', 'git-upload-pack', '--end-of-options'];
  await git(repository.place, ['fetch', ...words, clone.place.gitDir, `+${from}:${to}`], { localOnly: true });
}

/** Work that was left here counts when it goes on from what origin has; else origin's is the truth. What is on the base already is no beginning. */
async function startingPoint(
  git: Git,
  place: GitPlace,
  from: { readonly base: string; readonly onOrigin: string | null; readonly here: string | null },
): Promise<string> {
  const { base, onOrigin, here } = from;
  const work = here !== null && (onOrigin === null || (await isAncestor(git, place, onOrigin, here))) ? here : onOrigin;
  return work === null || (await isAncestor(git, place, work, base)) ? base : work;
}

async function isUsable(git: Git, worktree: Worktree, branch: string): Promise<boolean> {
  if (!existsSync(worktree.path) || !existsSync(path.join(worktree.path, '.git'))) return false;
  const head = await git({ gitDir: worktree.gitDir }, ['symbolic-ref', '--quiet', 'HEAD'], { accept: [0, 1, 128] });
  return head.stdout.trim() === `refs/heads/${branch}`;
}

/** The lock says whose the worktree is; the kernel's lock on it says whether that still holds. */
async function lockWorktree(run: ActiveRun): Promise<void> {
  if (run.worktreeLock !== null) return;
  const { worktree, task, agent, run: id } = run.file.record;
  const lock = await tryLock(path.join(worktree, worktreeLockName));
  if (lock === null) throw new Error(`${worktree} is in use by another daemon`);
  run.worktreeLock = lock;
  const content = { pid: process.pid, started_at: new Date().toISOString(), boot_id: await bootId(), task_id: task.id, agent, run: id };
  await lock.file.truncate();
  await lock.file.appendFile(`${JSON.stringify(content)}\n`);
}

/** Whether nobody else is at work in the worktree, and from here on can be: after a run that was lost, the task's next one may have the same place. */
export async function ownsWorktree(run: ActiveRun): Promise<boolean> {
  const { worktree } = run.file.record;
  if (run.worktreeLock !== null || !existsSync(worktree)) return true;
  run.worktreeLock = await tryLock(path.join(worktree, worktreeLockName));
  return run.worktreeLock !== null;
}

/** Lets go of the worktree; its lock file goes with it. */
export async function releaseWorktreeLock(run: ActiveRun): Promise<void> {
  await run.worktreeLock?.[Symbol.asyncDispose]();
  run.worktreeLock = null;
}

async function excludeLock(place: GitPlace): Promise<void> {
  const file = path.join(place.gitDir, 'info', 'exclude');
  const text = await readFile(file, 'utf8').catch(() => '');
  if (text.split('\n').includes(`/${worktreeLockName}`)) return;
  await mkdir(path.dirname(file), { recursive: true });
  await appendFile(file, `${text === '' || text.endsWith('\n') ? '' : '\n'}/${worktreeLockName}\n`);
}
