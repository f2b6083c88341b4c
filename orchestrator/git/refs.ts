import type { CleanClone } from './clean-clone.ts';
import type { Git } from './git.ts';

/** Keeps a commit that no branch would hold any more under a name of its own. */
export async function keepCommit(git: Git, clone: CleanClone, branch: string, commit: string): Promise<void> {
  await git(clone.place, ['update-ref', '-m', 'dispatcher', `refs/dispatcher/kept/${branch}/${commit.slice(0, 12)}`, commit]);
}

/** Deletes a ref of the clean clone. None is no fault. */
export async function deleteRef(git: Git, clone: CleanClone, ref: string): Promise<void> {
  await git(clone.place, ['update-ref', '-d', ref]);
}
