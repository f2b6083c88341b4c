import type { History, Operation } from '../history.ts';
import { type LogEvent, nameOfTask } from './log-event.ts';
import { sentAt, spansOf } from './overlapping-claims.ts';

/**
 * Promise 4: a lease never ends before its time, with any clocks of services and callers. While a claim is surely held,
 * its lease does not expire, and a heartbeat of its holder is not refused. A claim that the run itself has ended is not
 * held.
 */
export function earlyEnds(history: History, log: readonly LogEvent[]): string[] {
  const spans = new Map(spansOf(history).map((span) => [`${span.task} ${span.agent}`, span]));
  const spanOf = (taskName: string, agent: string | null) => spans.get(`${taskName} ${agent}`);
  const holders = new Map(history.operations.flatMap(({ claim, agent }) => (claim ? [[claim.token, agent] as const] : [])));
  const expired = log.flatMap((event) => {
    const span = event.type === 'task.expired' ? spanOf(nameOfTask(event), holders.get(event.token ?? '') ?? null) : undefined;
    return span && event.occurredAt < span.to
      ? [`the lease of ${span.agent} on ${span.task} ended ${(span.to - event.occurredAt).toFixed(0)} ms before its time`]
      : [];
  });
  const refused = history.operations.filter(isRefusedHeartbeat).flatMap((beat) => {
    const span = spanOf(nameOfTask(beat), beat.agent);
    const refusedAt = beat.attempts.at(-1)?.answeredAt ?? Number.POSITIVE_INFINITY;
    return span && sentAt(beat) > span.from && refusedAt < span.to
      ? [`a heartbeat of ${span.agent} on ${span.task} was refused ${(span.to - refusedAt).toFixed(0)} ms before the end of its lease`]
      : [];
  });
  return [...expired, ...refused];
}

const isRefusedHeartbeat = ({ kind, outcome }: Operation) => kind === 'heartbeat' && outcome === 'refused';
