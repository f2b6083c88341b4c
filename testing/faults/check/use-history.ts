import type { Attempt, History, Operation } from '../history.ts';
import type { LogEvent } from './log-event.ts';

/** A history for a test, with only these requests. */
export function historyOf(operations: Operation[], rest: Partial<History> = {}): History {
  return { expiries: [], streams: [], faults: [], snapshots: [], ...rest, operations };
}

/** A request on task `t` that was sent and answered once, at these times in milliseconds. */
export function operation(kind: Operation['kind'], [sentAt, answeredAt]: [number, number | null], rest: Partial<Operation> = {}): Operation {
  return {
    kind,
    organizationId: 'acme',
    taskId: 't',
    agent: 'ada',
    token: null,
    key: null,
    leaseSeconds: null,
    attempts: [attempt(sentAt, answeredAt)],
    outcome: answeredAt === null ? 'unknown' : 'succeeded',
    claim: null,
    repeat: null,
    ...rest,
  };
}

/** One sending, answered 200 or not at all. */
export function attempt(sentAt: number, answeredAt: number | null, rest: Partial<Attempt> = {}): Attempt {
  return {
    sentAt,
    answeredAt,
    endedAt: answeredAt ?? sentAt + 1,
    status: answeredAt === null ? null : 200,
    code: null,
    retryAfter: null,
    cut: false,
    wrongDate: false,
    ...rest,
  };
}

/** A claim of task `t` for 30 s. */
export function claim(agent: string, times: [number, number], number: number): Operation {
  return operation('claim', times, { agent, leaseSeconds: 30, claim: { token: `token of ${agent}`, attempt: number } });
}

/** A log with these events of task `t`, in this order. */
export function logOf(...events: (Partial<LogEvent> & { type: string })[]): LogEvent[] {
  return events.map((event, i) => ({
    position: i + 1,
    id: i + 1,
    organizationId: 'acme',
    taskId: 't',
    actor: null,
    attempt: 0,
    status: 'pending',
    stage: 'build',
    statusBefore: 'pending',
    token: null,
    key: null,
    reason: null,
    occurredAt: i,
    numberedAt: i,
    ...event,
  }));
}
