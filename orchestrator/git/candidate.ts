import type { CleanClone } from './clean-clone.ts';
import type { Git } from './git.ts';
import { identityTrailers, type TaskIdentity } from './landed.ts';

/** What is to become the base branch's next commit. */
export type Candidate =
  | { readonly result: 'candidate'; readonly commit: string; readonly tree: string }
  | { readonly result: 'conflict'; readonly files: readonly string[] }
  | { readonly result: 'empty' };

/** Whose work it is. */
export interface CandidateTask extends TaskIdentity {
  readonly title: string;
  readonly agent: string;
}

/**
 * Puts the work onto the base as one commit: what a rebase would give, squashed, so that each commit that lands is
 * one that was verified. The trees are merged inside the object store; no working tree, hook or driver takes part.
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

/** Who makes the commits that land; the author stays whoever the agent commits as. */
export const committer = { GIT_COMMITTER_NAME: 'Dispatcher', GIT_COMMITTER_EMAIL: 'dispatcher@localhost' } as const;

/** A title on one line: git would take what follows a line break for the message's body, or for a trailer. */
export function subjectOf(title: string): string {
  return title.replace(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, ' ').trim() || 'Untitled task';
}

/** The subjects stand in a list, so that none of them can be read as a trailer. */
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
