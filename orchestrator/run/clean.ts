import { commitOf, isAncestor } from '../git/commit.ts';
import { deleteBranch, removeFolder, removeWorktree } from '../git/worktree.ts';
import { killStrays } from '../process/orphans.ts';
import { verifyFolder } from '../verify/verify-commit.ts';
import { type ActiveRun, exclusively } from './active-run.ts';
import { ownsWorktree, releaseWorktreeLock } from './prepare-worktree.ts';

/** Takes away every trace of a run that is over, its file last. */
export async function clean(run: ActiveRun): Promise<void> {
  const { git, clone, settings } = run.context;
  const { run: id, branch } = run.file.record;
  await killStrays(id);
  await exclusively(run.context, async () => {
    await removeFolder(verifyFolder(run));
    if (await ownsWorktree(run)) await cleanRepository(run);
    await releaseWorktreeLock(run);
    await git(clone.place, ['update-ref', '-d', `refs/agents/${branch}`]);
    if (branch !== settings.baseBranch) await git(clone.place, ['update-ref', '-d', `refs/heads/${branch}`]);
  });
  await run.file.delete();
}

async function cleanRepository(run: ActiveRun): Promise<void> {
  const { git, repository } = run.context;
  const { worktree, branch, stage } = run.file.record;
  await removeWorktree(git, repository.place, worktree);
  if (stage === 'build' && (await isElsewhere(run))) await deleteBranch(git, repository.place, branch);
  await git(repository.place, ['update-ref', '-d', `refs/dispatcher/origin/${branch}`]);
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
