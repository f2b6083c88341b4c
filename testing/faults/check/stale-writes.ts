import type { History, Operation } from '../history.ts';
import { type LogEvent, nameOfTask } from './log-event.ts';
import { sentAt } from './overlapping-claims.ts';

/** What came of the requests of holders whose claim was surely over when they sent them. */
export interface StaleWrites {
  readonly refused: Operation[];
  /** Promise 3 says that there are none. */
  readonly accepted: string[];
}

/**
 * Promise 3: a caller whose lease passed on changes nothing. A done may still be answered 2xx where a person said the
 * same while the claim was live: then the task was done under this very token, and there is no event of the holder's.
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

/** From when on the claim was over for everybody to see. A done that is repeated is no late one. */
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

/** When it had surely had its effect. */
function answeredAt({ attempts }: Operation): number {
  return attempts.find(({ status }) => status !== null && status < 300)?.answeredAt ?? Number.POSITIVE_INFINITY;
}
