import { readdir, rm } from 'node:fs/promises';
import path from 'node:path';
import { placeOf, type TaskRepository, worktreeGitDir } from './task-repository.ts';

/**
 * Deletes the lock files that a killed git of the agent left in the repository of the task. With them the next agent
 * could not commit. Call it only when no process works in the repository.
 */
export async function deleteLeftLocks(task: TaskRepository): Promise<void> {
  const { gitDir } = placeOf(task);
  const worktreeDir = await worktreeGitDir(task);
  const names = [
    ...(await locksIn(gitDir)),
    ...(await locksIn(path.join(gitDir, 'refs'), true)),
    ...(worktreeDir === null ? [] : await locksIn(worktreeDir, true)),
  ];
  await Promise.all(names.map((name) => rm(name, { force: true })));
}

async function locksIn(folder: string, recursive = false): Promise<string[]> {
  const entries = await readdir(folder, { recursive, withFileTypes: true }).catch(() => []);
  return entries.filter((entry) => entry.isFile() && entry.name.endsWith('.lock')).map((entry) => path.join(entry.parentPath, entry.name));
}
