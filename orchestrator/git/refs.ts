import type { CleanClone } from './clean-clone.ts';
import type { Git } from './git.ts';

/** Gives a commit its own ref, so that git keeps it when no branch has it. */
export async function keepCommit(git: Git, clone: CleanClone, branch: string, commit: string): Promise<void> {
  await git(clone.place, ['update-ref', '-m', 'dispatcher', `refs/dispatcher/kept/${branch}/${commit.slice(0, 12)}`, commit]);
}

/** Deletes a ref of the clean clone. Does nothing when there is none. */
export async function deleteRef(git: Git, clone: CleanClone, ref: string): Promise<void> {
  await git(clone.place, ['update-ref', '-d', ref]);
}
