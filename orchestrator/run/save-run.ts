import { saveWork } from '../git/save-work.ts';
import type { Worktree } from '../git/worktree.ts';
import type { ActiveRun } from './active-run.ts';

/** Commits what the agent left in the worktree, and points the task's branch at it. */
export async function saveRun({ context, file }: ActiveRun, worktree: Worktree): Promise<void> {
  const { branch, task } = file.record;
  await saveWork(context.git, { repository: context.repository.place, worktree, branch, title: task.title, indexFile: file.scratch('index') });
}
