import path from 'node:path';
import { shortHash } from '../daemon/state-folder.ts';
import { branchOfTask } from '../git/branch-name.ts';
import type { RunRecord } from '../record/record.ts';
import type { TaskRepository } from '../worktree/task-repository.ts';
import type { ActiveRun } from './active-run.ts';

/** The identity of a task. Another task may have the same id in another organization or from another time. */
function identityOfTask({ organization_id, id, created_at }: RunRecord['task']): string {
  return shortHash(`${organization_id}\n${id}\n${Date.parse(created_at)}`);
}

/** The place where the run's agent works. Another run of the same task with the same agent name has the same place. */
export function taskRepositoryOf({ context, file }: ActiveRun): TaskRepository {
  const { worktree, task } = file.record;
  return { folder: path.join(context.state.tasks, shortHash(`${worktree}\n${identityOfTask(task)}`)), worktree };
}

/** The ref of the clean clone with the newest saved work of the task. */
export function workRefOf({ file }: ActiveRun): string {
  const { task } = file.record;
  return `refs/dispatcher/saved/${branchOfTask(task.id)}-${identityOfTask(task)}`;
}

/** The branch of the task when `task/<id>` on origin belongs to another task. */
export function otherBranchOf({ task }: RunRecord): string {
  return `${branchOfTask(task.id)}-${identityOfTask(task)}`;
}
