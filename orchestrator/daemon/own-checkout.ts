import { existsSync } from 'node:fs';
import path from 'node:path';
import type { Git, GitPlace } from '../git/git.ts';
import { findRepository } from '../git/repository.ts';

/** The folder of this program. `npm run` starts it there, whatever folder the person is in. */
const ownFolder = path.resolve(import.meta.dirname, '../..');

/** Says that no repository is named and the current folder belongs to Dispatcher itself; null when it does not. */
export async function ownCheckoutFault(git: Git, dir: string, place: GitPlace | null): Promise<string | null> {
  if (!isInOwnFolder(dir) && !(await isOwnRepository(git, place))) return null;
  return `ORCH_REPO_DIR is not set, and ${dir} belongs to Dispatcher itself: agents would change Dispatcher and push to its origin.
    For your own repository: ORCH_REPO_DIR=~/src/my-project npm run orchestrator
    To work on Dispatcher: ORCH_REPO_DIR=${dir} npm run orchestrator`;
}

function isInOwnFolder(dir: string): boolean {
  return dir === ownFolder || dir.startsWith(`${ownFolder}/`);
}

/** Another worktree of the repository that this program was checked out of. */
async function isOwnRepository(git: Git, place: GitPlace | null): Promise<boolean> {
  if (place === null || !existsSync(path.join(ownFolder, '.git'))) return false;
  return (await findRepository(git, ownFolder))?.gitDir === place.gitDir;
}
