import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import type { KeyHolder } from '@dispatcher/database/tasks/concurrency-key.ts';
import type { ExplainedTask } from '../sql/explain-task.ts';

/** A reason, in the form of the contract. */
export interface Reason {
  code: 'ready' | 'claimed' | 'done' | 'archived' | 'held' | 'waiting' | 'blocked' | 'concurrency_limit';
  message: string;
  details: Record<string, unknown>;
}

/** Every reason why claim-next hands a task out or not, the most decisive first. `holder` holds the concurrency key. */
export function reasonsFor(task: ExplainedTask, holder: KeyHolder | null): Reason[] {
  const { status, archivedAt, held, blockedBy, availableAt } = task;
  const isPending = status === 'pending' && !archivedAt;
  const reasons = [
    archivedAt && archived(archivedAt),
    status === 'done' && done(task),
    status === 'claimed' && claimed(task),
    held && status !== 'done' && isHeld(task),
    blockedBy.length > 0 && status !== 'done' && blocked(blockedBy),
    isPending && holder && concurrencyLimit(task, holder),
    isPending && availableAt && waiting(availableAt),
  ].filter((reason) => reason !== null && reason !== undefined && reason !== false);
  return reasons.length > 0 ? reasons : [ready(task)];
}

function ready({ stage }: ExplainedTask): Reason {
  const who = stage === 'merge' ? 'A claim-next with the stage merge' : 'Claim-next';
  return { code: 'ready', message: `${who} hands it out when its turn comes.`, details: {} };
}

function archived(since: Date): Reason {
  return {
    code: 'archived',
    message: `It is archived since ${since.toISOString()}, and can only be read.`,
    details: { since: timestampFromDate(since) },
  };
}

function done({ completedAt }: ExplainedTask): Reason {
  const details = completedAt ? { since: timestampFromDate(completedAt) } : {};
  return { code: 'done', message: `It is done since ${completedAt?.toISOString()}.`, details };
}

function claimed({ agent, expiresAt, isLive }: ExplainedTask): Reason {
  const message = isLive
    ? `${agent} works on it; without a heartbeat the lease ends at ${expiresAt?.toISOString()}.`
    : `The lease of ${agent} is over. It is back in the queue within two seconds, and can be claimed by its id now.`;
  return { code: 'claimed', message, details: { ...(agent && { agent }), ...(expiresAt && { expiresAt: timestampFromDate(expiresAt) }) } };
}

function isHeld({ releaseReason, failedClaims }: ExplainedTask): Reason {
  const why = releaseReason ? ` It was released last for ${releaseReason}.` : '';
  const failed = failedClaims > 0 ? ` Claims that failed since a person took it up last: ${failedClaims}.` : '';
  return { code: 'held', message: `It is held until a person takes it up.${why}${failed}`, details: releaseReason ? { releaseReason } : {} };
}

function blocked(blockedBy: readonly string[]): Reason {
  return { code: 'blocked', message: `It waits for ${blockedBy.join(', ')} to be done or archived.`, details: { blockedBy } };
}

function concurrencyLimit({ concurrencyKey }: ExplainedTask, { id, agent, expiresAt }: KeyHolder): Reason {
  const message = `The task ${id} has the same concurrency key, "${concurrencyKey}", and is claimed by ${agent}.`;
  const details = { ...(concurrencyKey && { concurrencyKey }), taskId: id, agent, expiresAt: timestampFromDate(expiresAt) };
  return { code: 'concurrency_limit', message, details };
}

function waiting(availableAt: Date): Reason {
  const message = `It was given back with a pause: claim-next hands it out at ${availableAt.toISOString()} or later.`;
  return { code: 'waiting', message, details: { availableAt: timestampFromDate(availableAt) } };
}
