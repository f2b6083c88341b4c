import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { worktreeLockName } from '../worktree/worktree-lock-name.ts';
import { commitOf } from './commit.ts';
import { type Git, GitError, type GitPlace, withoutPassword } from './git.ts';
import type { GitSetting } from './user-settings.ts';

/** The daemon's own bare clone. No agent works in it. The daemon fetches the base, merges and pushes from here. */
export interface CleanClone {
  readonly place: GitPlace;
  readonly originUrl: string;
}

/**
 * The result of a push. `refused`: the remote refused it. `stale`: the branch was not at the commit that we expected.
 */
export type PushResult = { readonly result: 'pushed' } | { readonly result: 'stale' | 'refused'; readonly said: string };

/** Opens the clone. Makes it when it does not exist. */
export async function openCleanClone(git: Git, gitDir: string, originUrl: string): Promise<CleanClone> {
  const place = { gitDir };
  if (!existsSync(`${gitDir}/HEAD`)) await git(place, ['init', '--quiet', '--bare', '--template=', gitDir]);
  await mkdir(path.join(gitDir, 'info'), { recursive: true });
  await writeFile(path.join(gitDir, 'info', 'exclude'), `/${worktreeLockName}\n`);
  return { place, originUrl };
}

/**
 * Packs the clone when that is worth it. Nobody may use a task repository or run a verification meanwhile: they use
 * objects of the clone that perhaps no ref reaches any more, and this deletes such objects when they are two weeks old.
 */
export async function packCleanClone(git: Git, { place }: CleanClone): Promise<void> {
  await git(place, ['gc', '--auto', '--quiet'], { config: packing });
}

/** These settings win over those with which our git never packs by itself. Large packs are not written again. */
const packing: readonly GitSetting[] = [
  ['gc.auto', '6700'],
  ['gc.autoDetach', 'false'],
  ['gc.bigPackThreshold', '200m'],
];

/** Origin could not be read. That is no fault of the work. */
export class OriginError extends Error {
  override readonly name = 'OriginError';
}

/** What else to fetch. */
interface FetchOptions {
  readonly signal?: AbortSignal | undefined;
  /** All tags of origin. They are fetched when the branch has moved. */
  readonly tags?: boolean;
}

/**
 * Fetches a branch from origin and returns its newest commit. Null when origin has no such branch. Throws an
 * `OriginError` when origin cannot be read.
 */
export async function fetchFromOrigin(git: Git, clone: CleanClone, branch: string, options: FetchOptions = {}): Promise<string | null> {
  const { signal } = options;
  try {
    return await fetchNewest(git, clone, branch, options);
  } catch (error) {
    signal?.throwIfAborted();
    throw new OriginError(error instanceof Error ? error.message : String(error), { cause: error });
  }
}

async function fetchNewest(git: Git, clone: CleanClone, branch: string, { signal, tags = false }: FetchOptions): Promise<string | null> {
  const ref = `refs/heads/${branch}`;
  const listed = await git(clone.place, ['ls-remote', '--quiet', '--', clone.originUrl, ref], { signal });
  const sha = listed.stdout
    .split('\n')
    .find((line) => line.endsWith(`\t${ref}`))
    ?.split('\t')[0];
  if (sha === undefined) {
    await git(clone.place, ['update-ref', '-d', ref], { signal });
    return null;
  }
  if ((await commitOf(git, clone.place, ref)) === sha) return sha;
  const refs = [`+${ref}:${ref}`, ...(tags ? ['+refs/tags/*:refs/tags/*'] : [])];
  await git(clone.place, ['fetch', '--quiet', '--no-tags', '--no-write-fetch-head', '--end-of-options', clone.originUrl, ...refs], { signal });
  return await commitOf(git, clone.place, ref);
}

/**
 * Moves a branch on origin from `expected` (null: it must not exist) to `commit`, by the remote's own compare-and-set.
 * Returns the result. Throws an `OriginError` when origin could not be reached.
 */
export async function pushToOrigin(
  git: Git,
  clone: CleanClone,
  push: { readonly branch: string; readonly commit: string | null; readonly expected: string | null },
): Promise<PushResult> {
  const ref = `refs/heads/${push.branch}`;
  const answer = await git(
    clone.place,
    [
      'push',
      '--porcelain',
      '--no-verify',
      '--no-follow-tags',
      `--force-with-lease=${ref}:${push.expected ?? ''}`,
      '--end-of-options',
      clone.originUrl,
      `${push.commit ?? ''}:${ref}`,
    ],
    { accept: [0, 1, 128] },
  );
  if (answer.code === 0) return { result: 'pushed' };
  const line = answer.stdout.split('\n').find((one) => one.startsWith('!'));
  if (line === undefined) throw new OriginError(new GitError(['push'], `exit code ${answer.code}`, answer.stderr).message);
  const said = withoutPassword(`${line.split('\t').slice(2).join(' ')}\n${answer.stderr}`).trim();
  // A remote may find only at the lock that somebody else has moved the branch, or is moving it. Then it reports that
  // in its own words.
  return { result: /\[rejected\]|cannot lock ref/.test(line) ? 'stale' : 'refused', said };
}
