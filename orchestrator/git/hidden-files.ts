import { type TaskRepository, worktreeGitDir } from '../worktree/task-repository.ts';
import type { CleanClone } from './clean-clone.ts';
import type { Git } from './git.ts';
import { type TreeChange, treeChanges } from './tree-changes.ts';

/**
 * The files of `before` that are not in `after` because the agent's sparse checkout took them out of the worktree. The
 * agent has not deleted them: they are still in the index of its git.
 */
export async function hiddenFiles(git: Git, clone: CleanClone, task: TaskRepository, before: string, after: string): Promise<TreeChange[]> {
  const gitDir = await worktreeGitDir(task);
  if (gitDir === null) return [];
  const listed = await git({ gitDir }, ['ls-files', '-t', '-z'], { accept: [0, 1, 128], bytes: true });
  const hidden = new Set(listed.stdout.split('\0').flatMap((line) => (line.startsWith('S ') ? [line.slice(2)] : [])));
  if (hidden.size === 0) return [];
  return (await treeChanges(git, clone.place, before, after)).filter(({ status, path }) => status === 'D' && hidden.has(path));
}
