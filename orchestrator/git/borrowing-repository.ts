import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { CleanClone } from './clean-clone.ts';
import type { Git } from './git.ts';

/**
 * Makes a repository that takes the objects it lacks from the clean clone. Everything else in it is its own, and making
 * it takes the same short time whatever the history weighs.
 */
export async function createBorrowingRepository(git: Git, clone: CleanClone, gitDir: string, options: readonly string[]): Promise<void> {
  await mkdir(gitDir, { recursive: true });
  await git({ gitDir }, ['init', '--quiet', '--template=', ...options]);
  await mkdir(path.join(gitDir, 'objects', 'info'), { recursive: true });
  await writeFile(path.join(gitDir, 'objects', 'info', 'alternates'), `${path.join(clone.place.gitDir, 'objects')}\n`);
}

/** Gives such a repository the clone's tags and `origin/<base>`. */
export async function shareRefs(git: Git, clone: CleanClone, gitDir: string, base: string): Promise<void> {
  const words = ['for-each-ref', '--format=%(objectname) %(refname)', 'refs/tags', `refs/heads/${base}`];
  const { stdout } = await git(clone.place, words, { bytes: true });
  const refs = stdout
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => line.replace(' refs/heads/', ' refs/remotes/origin/'));
  const byName = (one: string) => one.slice(one.indexOf(' ') + 1);
  refs.sort((a, b) => (byName(a) < byName(b) ? -1 : 1));
  // One file for all: a file per tag would take seconds where there are thousands.
  await writeFile(path.join(gitDir, 'packed-refs'), ['# pack-refs with: sorted ', ...refs, ''].join('\n'), 'latin1');
}
