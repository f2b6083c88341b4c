import type { CleanClone } from './clean-clone.ts';
import { commitOf } from './commit.ts';
import type { Git } from './git.ts';

/** What tells a task from every other one, also from one that had its id before or has it in another organization. */
export interface TaskIdentity {
  readonly id: string;
  readonly organization_id: string;
  readonly created_at: string;
}

/** Names the task in the message of the commit that brought it to the base branch. */
const taskTrailer = 'Dispatcher-Task';

/** The lines at the end of that message which say whose work it is. */
export function identityTrailers(task: TaskIdentity): readonly (readonly [name: string, value: string])[] {
  return [
    [taskTrailer, task.id],
    ['Dispatcher-Organization', task.organization_id],
    ['Dispatcher-Task-Created', new Date(task.created_at).toISOString()],
  ];
}

/** Clocks may be wrong by a day; the search begins this long before the task was made. */
const marginMs = 2 * 86_400_000;

/** The commit on the fetched base branch whose trailers name the task; null when the task has not landed. */
export async function landedCommit(git: Git, clone: CleanClone, base: string, task: TaskIdentity): Promise<string | null> {
  const ref = `refs/heads/${base}`;
  if ((await commitOf(git, clone.place, ref)) === null) return null;
  const since = new Date(Date.parse(task.created_at) - marginMs).toISOString();
  const trailers = identityTrailers(task);
  const format = ['%H', ...trailers.map(([name]) => `%(trailers:key=${name},valueonly,separator=%x20)`)].join('%x09');
  const words = ['--fixed-strings', `--grep=${taskTrailer}: ${task.id}`, `--since=${since}`, `--format=${format}`, '--end-of-options', ref];
  const { stdout } = await git(clone.place, ['log', ...words]);
  const lines = stdout.split('\n').map((line) => line.split('\t'));
  const landed = lines.find(([, ...values]) => trailers.every(([, value], index) => values[index]?.split(' ').includes(value)));
  return landed?.[0] ?? null;
}
