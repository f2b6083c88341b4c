import type { CleanClone } from './clean-clone.ts';
import type { Git } from './git.ts';
import { identityTrailers, type TaskIdentity } from './landed.ts';

/** The possible next commit of the base branch. */
export type Candidate =
  | { readonly result: 'candidate'; readonly commit: string; readonly tree: string }
  | { readonly result: 'conflict'; readonly files: readonly string[] }
  | { readonly result: 'empty' };

/** The task of the work. */
export interface CandidateTask extends TaskIdentity {
  readonly title: string;
  readonly agent: string;
}

/**
 * Puts the work on the base as one commit, like a rebase that is squashed, so that each commit that lands was verified.
 * Git merges the trees in the object store, without a working tree, a hook or a merge driver.
 */
export async function createCandidate(git: Git, clone: CleanClone, base: string, work: string, task: CandidateTask): Promise<Candidate> {
  const merged = await git(clone.place, ['merge-tree', '--write-tree', '--name-only', '--no-messages', '-z', base, work], { accept: [0, 1] });
  const [tree = '', ...files] = merged.stdout.split('\0').filter((part) => part !== '');
  if (merged.code === 1) return { result: 'conflict', files };
  if (tree === (await git(clone.place, ['rev-parse', `${base}^{tree}`])).stdout.trim()) return { result: 'empty' };
  const message = messageOf(task, await subjectsOf(git, clone, base, work));
  const author = await authorOf(git, clone, work);
  const { stdout } = await git(clone.place, ['commit-tree', tree, '-p', base, '-F', '-'], { input: message, env: { ...author, ...committer } });
  return { result: 'candidate', commit: stdout.trim(), tree };
}

/** The committer of the commits that land. The author is still the one of the agent's commits. */
export const committer = { GIT_COMMITTER_NAME: 'Dispatcher', GIT_COMMITTER_EMAIL: 'dispatcher@localhost' } as const;

/** The title on one line. Git would treat the text after a line break as the body of the message, or as a trailer. */
export function subjectOf(title: string): string {
  return title.replace(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, ' ').trim() || 'Untitled task';
}

/** The subjects are in a list, so that git reads none of them as a trailer. */
function messageOf(task: CandidateTask, subjects: readonly string[]): string {
  const subject = subjectOf(task.title);
  const list = subjects.filter((one) => one !== subject).map((one) => `- ${one}`);
  const trailers = [...identityTrailers(task), ['Dispatcher-Agent', task.agent]].map((line) => line.join(': '));
  const paragraphs = [subject, ...(list.length === 0 ? [] : [list.join('\n')]), trailers.join('\n')];
  return `${paragraphs.join('\n\n')}\n`;
}

async function subjectsOf(git: Git, clone: CleanClone, base: string, work: string): Promise<string[]> {
  const { stdout } = await git(clone.place, ['log', '--reverse', '--no-merges', '--max-count=50', '--format=%s', `${base}..${work}`]);
  return stdout
    .split('\n')
    .map(subjectOf)
    .filter((_, index, all) => index < all.length - 1);
}

async function authorOf(git: Git, clone: CleanClone, work: string): Promise<Record<string, string>> {
  const { stdout } = await git(clone.place, ['log', '-1', '--format=%an%x00%ae', work]);
  const [name = '', email = ''] = stdout.trim().split('\0');
  return { GIT_AUTHOR_NAME: name || 'Dispatcher', GIT_AUTHOR_EMAIL: email || 'dispatcher@localhost' };
}
