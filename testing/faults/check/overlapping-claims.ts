import type { History, Operation } from '../history.ts';
import { nameOfTask } from './log-event.ts';

/** A period in which a claim was surely held. */
export interface Span {
  readonly task: string;
  readonly agent: string;
  readonly from: number;
  readonly to: number;
}

/**
 * Promise 2: a task never has two live claims. A claim is surely held from its answer until its lease after the sending
 * of its last accepted heartbeat (or of the claim itself). The period ends earlier when anything was sent that may have
 * ended the claim: a done or a release of the holder or a person, an archiving, or an end by SQL.
 */
export function overlappingClaims(history: History): string[] {
  const byTask = Map.groupBy(spansOf(history), ({ task }) => task);
  return [...byTask.values()].flatMap((spans) => {
    const sorted = spans.toSorted((a, b) => a.from - b.from);
    return sorted.flatMap((later, i) =>
      sorted
        .slice(0, i)
        .filter((earlier) => earlier.to > later.from)
        .map(
          (earlier) =>
            `${later.task} was claimed by ${later.agent} while ${earlier.agent} held it for ${(earlier.to - later.from).toFixed(0)} ms more`,
        ),
    );
  });
}

/** The periods in which claims were surely held. */
export function spansOf({ operations, expiries }: History): Span[] {
  const byTask = Map.groupBy(operations, nameOfTask);
  const endsByToken = Map.groupBy(expiries, ({ token }) => token);
  return operations.flatMap((operation) => {
    const { claim, agent, leaseSeconds } = operation;
    const from = operation.attempts.find(({ status }) => status !== null && status < 300)?.answeredAt;
    if (!claim || !agent || !leaseSeconds || from == null) return [];
    const task = nameOfTask(operation);
    const same = byTask.get(task) ?? [];
    const beats = same.filter((other) => other.kind === 'heartbeat' && other.agent === agent && other.outcome === 'succeeded').map(sentAt);
    const ends = same.filter((other) => mayEnd(other, agent) && lastHeard(other) >= sentAt(operation)).map(sentAt);
    const bySql = (endsByToken.get(claim.token) ?? []).map((expiry) => expiry.sentAt);
    const to = Math.min(Math.max(sentAt(operation), ...beats) + leaseSeconds * 1000, ...ends, ...bySql);
    return to > from ? [{ task, agent, from, to }] : [];
  });
}

/** When a request was first sent. */
export function sentAt({ attempts }: Operation): number {
  return attempts[0]?.sentAt ?? Number.POSITIVE_INFINITY;
}

/** The latest time at which it can take effect. An attempt without an answer may take effect at any time. */
function lastHeard({ attempts }: Operation): number {
  return Math.max(...attempts.map(({ answeredAt }) => answeredAt ?? Number.POSITIVE_INFINITY));
}

function mayEnd({ kind, agent }: Operation, holder: string): boolean {
  if (kind === 'archive') return true;
  return (kind === 'done' || kind === 'release') && (agent === null || agent === holder);
}
