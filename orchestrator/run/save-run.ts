import { copyFile, mkdir } from 'node:fs/promises';
import path from 'node:path';
import { bytesOf, readable } from '../git/path-bytes.ts';
import { saveWork } from '../git/save-work.ts';
import type { Withheld } from '../git/withheld.ts';
import type { ActiveRun } from './active-run.ts';
import { taskRepositoryOf, workRefOf } from './task-place.ts';

/** More names than these help nobody. */
const mostNames = 50;

/**
 * Commits what the agent left in the worktree. What no commit takes is copied to the state folder, and the answer
 * names it and where it is; null when all of it was taken.
 */
export async function saveRun(run: ActiveRun): Promise<string | null> {
  const { context, file } = run;
  const { git, clone, repository } = context;
  const { branch, task, baseBranch } = file.record;
  const saved = await saveWork(git, {
    clone,
    task: taskRepositoryOf(run),
    branch,
    baseBranch,
    workRef: workRefOf(run),
    title: task.title,
    identity: repository.identity,
  });
  if (saved === null || saved.withheld.length === 0) return null;
  const folder = path.join(context.state.kept, `${task.id}-${file.record.run.slice(0, 8)}`);
  for (const one of saved.withheld) await copyAside(file.record.worktree, folder, one);
  const names = saved.withheld.slice(0, mostNames).map(({ path: name, why }) => `- ${readable(name)} (${why})`);
  const more = saved.withheld.length - names.length;
  return `The agent left what no commit takes:\n${names.join('\n')}${more > 0 ? `\n- and ${more} more` : ''}\nFiles among it are kept in ${folder}.`;
}

/** A link, a FIFO, or a file that nobody may read has nothing to copy: its name says all. */
async function copyAside(worktree: string, folder: string, { path: name, why }: Withheld): Promise<void> {
  if (why.startsWith('a link') || why.startsWith('neither')) return;
  const target = path.join(folder, bytesOf(name).toString());
  await mkdir(path.dirname(target), { recursive: true, mode: 0o700 });
  await copyFile(path.join(worktree, bytesOf(name).toString()), target).catch(() => undefined);
}
