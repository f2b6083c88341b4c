import type { Task } from '@recursiv/sdk';

/** What a list says of a task. Its long texts and its lists of commits are left out: 200 of them can be megabytes, and get_task has them. */
export function taskInList({ id, title, status, stage, held, ...task }: Task): object {
  const { owner, milestone, layer, project, effective_score, available_at, release_reason, claim } = task;
  const where = { owner, milestone, layer, project, effective_score, available_at, release_reason, agent: claim?.agent };
  return { id, title, status, stage, ...(held && { held }), ...where };
}
