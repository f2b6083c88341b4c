import { copyFile, mkdir } from 'node:fs/promises';
import path from 'node:path';
import { bytesOf, readable } from '../git/path-bytes.ts';
import { saveWork } from '../git/save-work.ts';
import type { Withheld } from '../git/withheld.ts';
import type { ActiveRun } from './active-run.ts';
import { taskRepositoryOf, workRefOf } from './task-place.ts';

/** The most names in a message. */
const mostNames = 50;

/**
 * Commits the agent's work in the worktree. Files that cannot be committed are copied to the state folder, and the
 * result names them and the folder. Null when everything was committed.
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
  return `The agent left files that cannot be committed:\n${names.join('\n')}${more > 0 ? `\n- and ${more} more` : ''}\nFiles among it are kept in ${folder}.`;
}

/** Copies a file. A link, a FIFO, or a file that cannot be read is not copied, only named. */
async function copyAside(worktree: string, folder: string, { path: name, why }: Withheld): Promise<void> {
  if (why.startsWith('a link') || why.startsWith('neither')) return;
  const target = path.join(folder, bytesOf(name).toString());
  await mkdir(path.dirname(target), { recursive: true, mode: 0o700 });
  await copyFile(path.join(worktree, bytesOf(name).toString()), target).catch(() => undefined);
}
