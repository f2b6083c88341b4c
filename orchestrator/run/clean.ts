import { existsSync } from 'node:fs';
import { commitOf, isAncestor } from '../git/commit.ts';
import { deleteRef } from '../git/refs.ts';
import { removeFolder, removeTaskRepository, setAside } from '../git/task-repository.ts';
import { killStrays } from '../process/orphans.ts';
import { verifyFolder } from '../verify/verify-commit.ts';
import { type ActiveRun, exclusively } from './active-run.ts';
import { ownsWorktree, releaseWorktreeLock } from './prepare-worktree.ts';
import { taskRepositoryOf, workRefOf } from './task-place.ts';

/**
 * Takes away every trace of a run that is over, its file last. Work that is nowhere else stays in the clean clone, or
 * in a folder set aside.
 */
export async function clean(run: ActiveRun): Promise<void> {
  const { git, clone, settings } = run.context;
  const { run: id, branch, worktree, worktreeKept } = run.file.record;
  await killStrays(id);
  await removeFolder(verifyFolder(run));
  await exclusively(run.context, async () => {
    if (await ownsWorktree(run)) {
      if (worktreeKept && existsSync(worktree)) await setAside(taskRepositoryOf(run), id.slice(0, 8));
      else await removeTaskRepository(taskRepositoryOf(run));
      if (await isElsewhere(run)) await deleteRef(git, clone, workRefOf(run));
    }
    await releaseWorktreeLock(run);
    if (branch !== settings.baseBranch) await deleteRef(git, clone, `refs/heads/${branch}`);
  });
  await run.file.delete();
}

/** Whether all of the saved work is on the base or on origin's branch, so that nothing is lost with the ref. */
async function isElsewhere(run: ActiveRun): Promise<boolean> {
  const { git, clone, settings } = run.context;
  const { originBranch, landed } = run.file.record;
  const saved = await commitOf(git, clone.place, workRefOf(run));
  if (saved === null || saved === originBranch || landed !== null) return true;
  const base = await commitOf(git, clone.place, `refs/heads/${settings.baseBranch}`);
  return base !== null && (await isAncestor(git, clone.place, saved, base));
}
