import { existsSync } from 'node:fs';
import { rmdir } from 'node:fs/promises';
import path from 'node:path';
import { commitOf, isAncestor } from '../git/commit.ts';
import { deleteRef } from '../git/refs.ts';
import { killStrays } from '../process/orphans.ts';
import { verifyFolder } from '../verify/verify-commit.ts';
import { setAside } from '../worktree/task-repository.ts';
import { type ActiveRun, exclusively } from './active-run.ts';
import { ownsWorktree, releaseWorktreeLock } from './prepare-worktree.ts';
import { taskRepositoryOf, workRefOf } from './task-place.ts';

/**
 * Removes everything of a run that is over. The run's file is removed last. Work that is nowhere else stays in the
 * clean clone, or in a folder that is kept.
 */
export async function clean(run: ActiveRun): Promise<void> {
  const { git, clone, settings, trash } = run.context;
  const { run: id, branch, worktree, worktreeKept } = run.file.record;
  await killStrays(id);
  await trash.discard(verifyFolder(run));
  await exclusively(run.context, async () => {
    if (await ownsWorktree(run)) {
      if (worktreeKept && existsSync(worktree)) await setAside(taskRepositoryOf(run), id.slice(0, 8));
      else await trash.discard(worktree, taskRepositoryOf(run).folder);
      if (await isElsewhere(run)) await deleteRef(git, clone, workRefOf(run));
    }
    await releaseWorktreeLock(run);
    await rmdir(path.dirname(worktree)).catch(() => undefined);
    if (branch !== settings.baseBranch) await deleteRef(git, clone, `refs/heads/${branch}`);
  });
  await run.file.delete();
}

/** Whether all of the saved work is on the base or on origin's branch. Then the ref can be deleted. */
async function isElsewhere(run: ActiveRun): Promise<boolean> {
  const { git, clone, settings } = run.context;
  const { originBranch, landed } = run.file.record;
  const saved = await commitOf(git, clone.place, workRefOf(run));
  if (saved === null || saved === originBranch || landed !== null) return true;
  const base = await commitOf(git, clone.place, `refs/heads/${settings.baseBranch}`);
  return base !== null && (await isAncestor(git, clone.place, saved, base));
}
