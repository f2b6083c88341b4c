import path from 'node:path';
import type { Git, GitPlace } from './git.ts';
import type { UserSettings } from './user-settings.ts';

/** The user's repository. It is read at the start and never written, because agents work in their own repositories. */
export interface Repository {
  /** The top folder, or the git folder of a bare repository. */
  readonly dir: string;
  /** The git folder that all its worktrees share. */
  readonly place: GitPlace;
  /** The address to which finished work is pushed. */
  readonly originUrl: string;
  /** The settings that task repositories take from its configuration and the user's. */
  readonly settings: UserSettings['forTasks'];
  /** The author of work that an agent left uncommitted. */
  readonly identity: UserSettings['identity'];
}

/** Finds the repository of a folder. Null when there is none. */
export async function findRepository(git: Git, dir: string): Promise<GitPlace | null> {
  for (const gitDir of [path.join(dir, '.git'), dir]) {
    const answer = await git({ gitDir }, ['rev-parse', '--path-format=absolute', '--git-common-dir'], { accept: [0, 128] });
    if (answer.code === 0) return { gitDir: answer.stdout.trim() };
  }
  const parent = path.dirname(dir);
  return parent === dir ? null : await findRepository(git, parent);
}

/**
 * The address to which the repository pushes. Null when it has no origin. A relative path is relative to the
 * repository.
 */
export async function originUrlOf(git: Git, place: GitPlace): Promise<string | null> {
  const read = async (key: string) => (await git(place, ['config', '--get', key], { accept: [0, 1] })).stdout.trim();
  const url = (await read('remote.origin.pushurl')) || (await read('remote.origin.url'));
  if (url === '') return null;
  return /^\.{1,2}\//.test(url) ? path.resolve(topOf(place), url) : url;
}

/** The folder that people call the repository. */
export function topOf(place: GitPlace): string {
  return path.basename(place.gitDir) === '.git' ? path.dirname(place.gitDir) : place.gitDir;
}
