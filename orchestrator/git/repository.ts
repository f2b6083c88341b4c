import path from 'node:path';
import type { Git, GitPlace } from './git.ts';
import type { UserSettings } from './user-settings.ts';

/** The user's repository. It is read at the start and never written: agents work in repositories of their own. */
export interface Repository {
  /** Its top folder, or the git folder of a bare one. */
  readonly dir: string;
  /** The git folder all its worktrees share. */
  readonly place: GitPlace;
  /** Where finished work goes. */
  readonly originUrl: string;
  /** What task repositories take from its configuration and the user's. */
  readonly settings: UserSettings['forTasks'];
  /** Who made what an agent left uncommitted. */
  readonly identity: UserSettings['identity'];
}

/** Finds the repository around a folder; null when there is none. */
export async function findRepository(git: Git, dir: string): Promise<GitPlace | null> {
  for (const gitDir of [path.join(dir, '.git'), dir]) {
    const answer = await git({ gitDir }, ['rev-parse', '--path-format=absolute', '--git-common-dir'], { accept: [0, 128] });
    if (answer.code === 0) return { gitDir: answer.stdout.trim() };
  }
  const parent = path.dirname(dir);
  return parent === dir ? null : await findRepository(git, parent);
}

/**
 * The address that pushes of the repository go to; null when it has no origin. A relative path means one beside the
 * repository.
 */
export async function originUrlOf(git: Git, place: GitPlace): Promise<string | null> {
  const read = async (key: string) => (await git(place, ['config', '--get', key], { accept: [0, 1] })).stdout.trim();
  const url = (await read('remote.origin.pushurl')) || (await read('remote.origin.url'));
  if (url === '') return null;
  return /^\.{1,2}\//.test(url) ? path.resolve(topOf(place), url) : url;
}

/** The folder a person would call the repository. */
export function topOf(place: GitPlace): string {
  return path.basename(place.gitDir) === '.git' ? path.dirname(place.gitDir) : place.gitDir;
}
