import type { Git, GitPlace } from './git.ts';

/** The commit of a name. Null when the name has none. */
export async function commitOf(git: Git, place: GitPlace, name: string): Promise<string | null> {
  const answer = await git(place, ['rev-parse', '--verify', '--quiet', '--end-of-options', `${name}^{commit}`], { accept: [0, 1, 128] });
  return answer.code === 0 ? answer.stdout.trim() : null;
}

/** Whether `older` is an ancestor of `newer`, or the same commit. */
export async function isAncestor(git: Git, place: GitPlace, older: string, newer: string): Promise<boolean> {
  return (await git(place, ['merge-base', '--is-ancestor', older, newer], { accept: [0, 1] })).code === 0;
}

/** The content of a file in a commit. Null when the commit does not have the file. */
export async function fileAt(git: Git, place: GitPlace, commit: string, file: string): Promise<string | null> {
  const answer = await git(place, ['cat-file', 'blob', `${commit}:${file}`], { accept: [0, 128] });
  return answer.code === 0 ? answer.stdout : null;
}
