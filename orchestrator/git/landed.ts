import type { CleanClone } from './clean-clone.ts';
import { commitOf } from './commit.ts';
import type { Git } from './git.ts';

/** The identity of a task. Another task may have had the same id before, or have it in another organization. */
export interface TaskIdentity {
  readonly id: string;
  readonly organization_id: string;
  readonly created_at: string;
}

/** The trailer that names the task in the message of the commit that landed it. */
const taskTrailer = 'Dispatcher-Task';

/** The trailers at the end of that message, which identify the task. */
export function identityTrailers(task: TaskIdentity): readonly (readonly [name: string, value: string])[] {
  return [
    [taskTrailer, task.id],
    ['Dispatcher-Organization', task.organization_id],
    ['Dispatcher-Task-Created', new Date(task.created_at).toISOString()],
  ];
}

/** Clocks may be wrong by a day, so the search begins this long before the task was created. */
const marginMs = 2 * 86_400_000;

/** The commit on the fetched base branch whose trailers name the task. Null when the task has not landed. */
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
