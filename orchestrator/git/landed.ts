import type { CleanClone } from './clean-clone.ts';
import { commitOf } from './commit.ts';
import type { Git } from './git.ts';

/** Names the task in the message of the commit that brought it to the base branch. */
export const taskTrailer = 'Dispatcher-Task';

/** Clocks may be wrong by a day; the search begins this long before the task was made. */
const marginMs = 2 * 86_400_000;

/** The commit on the fetched base branch whose trailer names the task; null when the task has not landed. */
export async function landedCommit(
  git: Git,
  clone: CleanClone,
  base: string,
  task: { readonly id: string; readonly created_at: string },
): Promise<string | null> {
  const ref = `refs/heads/${base}`;
  if ((await commitOf(git, clone.place, ref)) === null) return null;
  const since = new Date(Date.parse(task.created_at) - marginMs).toISOString();
  const format = `%H%x09%(trailers:key=${taskTrailer},valueonly,separator=%x20)`;
  const words = ['--fixed-strings', `--grep=${taskTrailer}: ${task.id}`, `--since=${since}`, `--format=${format}`, '--end-of-options', ref];
  const { stdout } = await git(clone.place, ['log', ...words]);
  const line = stdout.split('\n').find((one) => one.split('\t')[1]?.split(' ').includes(task.id));
  return line?.split('\t')[0] ?? null;
}
