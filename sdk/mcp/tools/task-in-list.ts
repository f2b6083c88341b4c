import type { Task } from '@recursiv/sdk';

/**
 * The fields of a task in a list. Long texts and commits are left out, because 200 tasks with them can be megabytes.
 * get_task has them.
 */
export function taskInList({ id, title, status, stage, held, blocked_by, ...task }: Task): object {
  const { owner, milestone, layer, project, effective_score, available_at, release_reason, claim } = task;
  const where = { owner, milestone, layer, project, effective_score, available_at, release_reason, agent: claim?.agent };
  return { id, title, status, stage, ...(held && { held }), ...(blocked_by.length > 0 && { blocked_by }), ...where };
}
