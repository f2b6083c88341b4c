import type { Git, GitPlace } from './git.ts';

/** The commit a name stands for; null when it stands for none. */
export async function commitOf(git: Git, place: GitPlace, name: string): Promise<string | null> {
  const answer = await git(place, ['rev-parse', '--verify', '--quiet', '--end-of-options', `${name}^{commit}`], { accept: [0, 1, 128] });
  return answer.code === 0 ? answer.stdout.trim() : null;
}

/** Whether one commit is among the ancestors of another, or is it. */
export async function isAncestor(git: Git, place: GitPlace, older: string, newer: string): Promise<boolean> {
  return (await git(place, ['merge-base', '--is-ancestor', older, newer], { accept: [0, 1] })).code === 0;
}

/** A file's content in a commit; null when it has none. */
export async function fileAt(git: Git, place: GitPlace, commit: string, file: string): Promise<string | null> {
  const answer = await git(place, ['cat-file', 'blob', `${commit}:${file}`], { accept: [0, 128] });
  return answer.code === 0 ? answer.stdout : null;
}
