import type { History, Operation } from '../history.ts';
import { type LogEvent, nameOfTask } from './log-event.ts';
import { sentAt } from './overlapping-claims.ts';

/** The results of requests that were sent when their claim was surely over. */
export interface StaleWrites {
  readonly refused: Operation[];
  /** By promise 3 there are none. */
  readonly accepted: string[];
}

/**
 * Promise 3: a caller whose lease is over changes nothing. A done may still get a 2xx when a person completed the task
 * while the claim was live: then the task was done with the same token, and the holder made no event.
 */
export function staleWrites({ operations, expiries }: History, log: readonly LogEvent[]): StaleWrites {
  const completers = new Set(log.filter(({ type }) => type === 'task.completed').map(({ actor }) => actor));
  const byTask = Map.groupBy(operations, nameOfTask);
  const endByToken = new Map(expiries.map(({ token, endedAt }) => [token, endedAt ?? Number.POSITIVE_INFINITY]));
  const claims = new Map(operations.filter(({ claim }) => claim).map((operation) => [operation.agent, operation]));
  const stale = operations.filter((operation) => {
    const claim = isHoldersWrite(operation) ? claims.get(operation.agent) : undefined;
    return claim && sentAt(operation) > surelyOver(claim, operation, byTask.get(nameOfTask(operation)) ?? [], endByToken);
  });
  return {
    refused: stale.filter(({ outcome }) => outcome === 'refused'),
    accepted: stale
      .filter(({ outcome, kind, agent }) => outcome === 'succeeded' && (kind !== 'done' || completers.has(agent)))
      .map((operation) => `${operation.kind} of ${operation.agent} on ${nameOfTask(operation)} was accepted after its claim was over`),
  };
}

function isHoldersWrite({ kind, agent }: Operation): boolean {
  return agent !== null && (kind === 'heartbeat' || kind === 'done' || kind === 'release');
}

/** The time from which the claim was surely over. A repeated done does not count as late. */
function surelyOver(claim: Operation, write: Operation, sameTask: Operation[], endByToken: Map<string, number>): number {
  const { attempt = 0, token = '' } = claim.claim ?? {};
  const leases = [claim, ...sameTask.filter((other) => other.kind === 'heartbeat' && other.agent === claim.agent && other !== write)];
  const leaseEnd = Math.max(...leases.map((lease) => (lease.outcome === 'refused' ? 0 : answeredAt(lease) + (claim.leaseSeconds ?? 0) * 1000)));
  const next = sameTask.filter((other) => other.claim && other.claim.attempt > attempt).map(answeredAt);
  const ended = sameTask
    .filter(
      (other) =>
        other !== write && other.agent === claim.agent && other.outcome === 'succeeded' && (other.kind === 'release' || other.kind === 'done'),
    )
    .filter((other) => !(other.kind === 'done' && write.kind === 'done'))
    .map(answeredAt);
  return Math.min(leaseEnd, ...next, ...ended, endByToken.get(token) ?? Number.POSITIVE_INFINITY);
}

/** The time at which the request had surely taken effect. */
function answeredAt({ attempts }: Operation): number {
  return attempts.find(({ status }) => status !== null && status < 300)?.answeredAt ?? Number.POSITIVE_INFINITY;
}
