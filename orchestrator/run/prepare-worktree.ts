import { existsSync } from 'node:fs';
import { copyFile } from 'node:fs/promises';
import path from 'node:path';
import { branchOfTask } from '../git/branch-name.ts';
import { fetchFromOrigin } from '../git/clean-clone.ts';
import { commitOf, isAncestor } from '../git/commit.ts';
import { keepCommit } from '../git/refs.ts';
import { bootId } from '../process/boot-id.ts';
import { tryLock } from '../process/file-lock.ts';
import { deleteLeftLocks } from '../worktree/left-locks.ts';
import { moveSpare } from '../worktree/spare.ts';
import { indexOf, placeOf, readBeginning, setAside, type TaskRepository, worktreeGitDir } from '../worktree/task-repository.ts';
import { worktreeLockName } from '../worktree/worktree-lock-name.ts';
import { type ActiveRun, exclusively } from './active-run.ts';
import { saveRun } from './save-run.ts';
import { otherBranchOf, taskRepositoryOf, workRefOf } from './task-place.ts';

/**
 * Makes the worktree of the run, or reuses the one that exists after a crash of this run or of one without records.
 * Work in it is saved first.
 */
export async function prepareWorktree(run: ActiveRun): Promise<TaskRepository> {
  const { spares, trash } = run.context;
  const task = taskRepositoryOf(run);
  const isNew = run.file.record.state === 'claimed' || !existsSync(task.worktree);
  // Before the lock, for making one may take long.
  const spare = isNew ? await spares.take(run.signal) : null;
  try {
    return await takePlace(run, task, spare);
  } finally {
    if (spare !== null) await trash.discard(spare.worktree, spare.folder);
  }
}

async function takePlace(run: ActiveRun, task: TaskRepository, spare: TaskRepository | null): Promise<TaskRepository> {
  return await exclusively(run.context, async () => {
    if (existsSync(task.worktree)) await lockWorktree(run);
    const beginning = await readBeginning(task);
    if (existsSync(task.worktree) && beginning === null && !existsSync(task.folder)) await makeRoom(run, task);
    if (existsSync(task.worktree) && beginning !== null) await saveRun(run);
    // A run that was only claimed begins from the newest state of origin. The work that was here is saved.
    const isUsable = run.file.record.state !== 'claimed' && beginning?.baseline != null && (await isWhole(run, task));
    if (isUsable) {
      await deleteLeftLocks(task);
      await showSaved(run, task);
    } else await makeAnew(run, task, spare ?? (await run.context.spares.take(run.signal)));
    return task;
  });
}

/** Moves a folder away that is in the place of the worktree and belongs to no repository of this task. */
async function makeRoom(run: ActiveRun, task: TaskRepository): Promise<void> {
  await releaseWorktreeLock(run);
  const aside = await setAside(task, run.file.record.run.slice(0, 8));
  run.log.warn({ aside }, 'a folder of unknown origin was in the place of the worktree, and is kept');
}

async function makeAnew(run: ActiveRun, task: TaskRepository, spare: TaskRepository): Promise<void> {
  const { git, clone, settings, trash } = run.context;
  await releaseWorktreeLock(run);
  const start = await placeBranch(run);
  await trash.discard(task.worktree, task.folder);
  await moveSpare(git, clone, spare, task, { branch: run.file.record.branch, start, baseBranch: settings.baseBranch });
  await lockWorktree(run);
}

/** Finds the start of the work: the work of an earlier attempt, from origin or from here, or else the newest base. */
async function placeBranch(run: ActiveRun): Promise<string> {
  const { git, clone, settings } = run.context;
  const base = await commitOf(git, clone.place, `refs/heads/${settings.baseBranch}`);
  if (base === null) throw new Error(`origin has no branch ${settings.baseBranch}`);
  const onOrigin = await findBranch(run);
  const here = await commitOf(git, clone.place, workRefOf(run));
  const start = await startingPoint(run, { base, onOrigin, here });
  if (here !== null && !(await isAncestor(git, clone.place, here, start))) await keepCommit(git, clone, run.file.record.branch, here);
  return start;
}

/** How much clocks may differ. */
const clockMarginMs = 15 * 60_000;

/**
 * The task's branch on origin. A branch whose last commit is older than the task belongs to another task with the same
 * id. It stays as it is.
 */
async function findBranch(run: ActiveRun): Promise<string | null> {
  const { git, clone } = run.context;
  const { task } = run.file.record;
  for (const branch of [branchOfTask(task.id), otherBranchOf(run.file.record)]) {
    const onOrigin = await fetchFromOrigin(git, clone, branch, { signal: run.signal });
    const committed = onOrigin === null ? 0 : Number((await git(clone.place, ['log', '-1', '--format=%ct', onOrigin])).stdout) * 1_000;
    if (onOrigin !== null && committed < Date.parse(task.created_at) - clockMarginMs) continue;
    await run.file.update({ branch, originBranch: onOrigin });
    return onOrigin;
  }
  throw new Error(`origin's ${branchOfTask(task.id)} is older than the task: it is the branch of another task. Delete or rename it.`);
}

/**
 * Chooses between the work here and the branch on origin. The work here is used when it continues the branch on origin.
 * Otherwise origin's branch is used. Work that is on the base already is not used.
 */
async function startingPoint(
  { context: { git, clone } }: ActiveRun,
  from: { readonly base: string; readonly onOrigin: string | null; readonly here: string | null },
): Promise<string> {
  const { base, onOrigin, here } = from;
  const work = here !== null && (onOrigin === null || (await isAncestor(git, clone.place, onOrigin, here))) ? here : onOrigin;
  return work === null || (await isAncestor(git, clone.place, work, base)) ? base : work;
}

/** Gives the agent of the next round the saved work of the last round, and the newest base as `origin/<base>`. */
async function showSaved(run: ActiveRun, task: TaskRepository): Promise<void> {
  const { git, clone, settings } = run.context;
  const place = placeOf(task);
  const gitDir = await worktreeGitDir(task);
  const saved = await commitOf(git, clone.place, workRefOf(run));
  if (saved !== null) await git(place, ['update-ref', '-m', 'dispatcher', `refs/heads/${run.file.record.branch}`, saved]);
  if (gitDir !== null) await copyFile(indexOf(task), path.join(gitDir, 'index'));
  const base = await commitOf(git, clone.place, `refs/heads/${settings.baseBranch}`);
  if (base !== null) await git(place, ['update-ref', `refs/remotes/origin/${settings.baseBranch}`, base]);
}

async function isWhole({ context: { git }, file }: ActiveRun, task: TaskRepository): Promise<boolean> {
  const gitDir = await worktreeGitDir(task);
  if (gitDir === null || !existsSync(path.join(task.worktree, '.git'))) return false;
  const head = await git({ gitDir }, ['symbolic-ref', '--quiet', 'HEAD'], { accept: [0, 1, 128] });
  return head.stdout.trim() === `refs/heads/${file.record.branch}`;
}

/** The lock file names the owner of the worktree. The kernel's lock on that file says whether the owner still lives. */
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

/**
 * Whether this run owns the worktree, so that nobody else works in it. After a lost run the next run of the task may
 * use the same place.
 */
export async function ownsWorktree(run: ActiveRun): Promise<boolean> {
  const { worktree } = run.file.record;
  if (run.worktreeLock !== null || !existsSync(worktree)) return true;
  run.worktreeLock = await tryLock(path.join(worktree, worktreeLockName));
  return run.worktreeLock !== null;
}

/** Releases the worktree and deletes its lock file. */
export async function releaseWorktreeLock(run: ActiveRun): Promise<void> {
  await run.worktreeLock?.[Symbol.asyncDispose]();
  run.worktreeLock = null;
}
