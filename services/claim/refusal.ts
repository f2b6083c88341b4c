import { taskNotFound } from '@dispatcher/database/tasks/organization-of-task.ts';
import { DispatcherError } from '@dispatcher/kit/serving/errors.ts';
import type { ClaimStanding } from './sql/claim-standing.ts';

/** The error for a holder whose request changed nothing. */
export function refusalToHolder(standing: ClaimStanding | null): DispatcherError {
  if (!standing) return taskNotFound();
  if (standing.archivedAt) return archived();
  if (standing.status === 'done') return alreadyDone();
  if (standing.live || standing.lost)
    return new DispatcherError('claim_lost', 'This claim is over, and nothing was changed. Claim the task again before you go on.');
  return new DispatcherError('not_claimed', 'This task has no live claim. Claim it first.');
}

/** The error for a claimer who did not get the task. Null when the task can be claimed by now. */
export function refusalToClaimer(standing: ClaimStanding | null): DispatcherError | null {
  if (!standing) return taskNotFound();
  if (standing.archivedAt) return archived();
  if (standing.status === 'done') return alreadyDone();
  if (!standing.live) return null;
  const { agent, expiresAt } = standing;
  const info = { agent: agent ?? '', expires_at: expiresAt?.toISOString() ?? '' };
  return new DispatcherError('already_claimed', `This task is claimed by ${info.agent} until ${info.expires_at} or later.`, info);
}

/** A 409 for a task that waits for these tasks. */
export const blocked = (by: readonly string[]): DispatcherError =>
  new DispatcherError('blocked', `This task waits for ${by.join(', ')}. Take another until they are done or archived.`, { blocked_by: by.join(',') });

const archived = () => new DispatcherError('archived', 'This task is archived. It can only be read.');
const alreadyDone = () => new DispatcherError('already_done', 'This task is done already.');
