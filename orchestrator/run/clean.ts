import { commitOf, isAncestor } from '../git/clean-clone.ts';
import { deleteBranch, removeFolder, removeWorktree } from '../git/worktree.ts';
import { killStrays } from '../process/strays.ts';
import { verifyFolder } from '../verify/verify-commit.ts';
import { type ActiveRun, exclusively } from './active-run.ts';
import { releaseWorktreeLock } from './prepare-worktree.ts';

/** Takes away every trace of a run that is over, its file last. */
export async function clean(run: ActiveRun): Promise<void> {
  const { git, clone, repository } = run.context;
  const { run: id, worktree, branch, stage } = run.file.record;
  await killStrays(id);
  await releaseWorktreeLock(run);
  await exclusively(run.context, async () => {
    await removeFolder(verifyFolder(run));
    await removeWorktree(git, repository.place, worktree);
    if (stage === 'build' && (await isElsewhere(run))) await deleteBranch(git, repository.place, branch);
    await git(clone.place, ['update-ref', '-d', `refs/agents/${branch}`]);
    await git(repository.place, ['update-ref', '-d', `refs/dispatcher/origin/${branch}`]);
  });
  await run.file.delete();
}

/** Whether all of the local branch is on the base or on origin's branch, so that nothing is lost with it. */
async function isElsewhere(run: ActiveRun): Promise<boolean> {
  const { git, repository, settings } = run.context;
  const { branch, originBranch, landed } = run.file.record;
  const tip = await commitOf(git, repository.place, `refs/heads/${branch}`);
  const base = await commitOf(git, repository.place, `refs/remotes/origin/${settings.baseBranch}`);
  if (tip === null || tip === originBranch || landed !== null) return tip !== null;
  return base !== null && (await isAncestor(git, repository.place, tip, base));
}
