import type { LogEvent } from './check/log-event.ts';
import { staleWrites } from './check/stale-writes.ts';
import type { Setup, World } from './environment/environment.ts';
import type { Attempt, FaultName, History, Operation } from './history.ts';

/**
 * Counts the things that a run must provoke. If one of them never happened, the run has shown nothing, and it fails.
 */
export type Sometimes = Record<SometimesName, number>;

/** The things that must happen at least once in a run, as the report names them. */
export const sometimesNames = [
  'lease reclaimed',
  'stale write refused',
  'answer lost and repeated',
  'request cut by a kill',
  'answered 503 without PostgreSQL',
  'event committed without NATS',
  'request held up by a stopped process',
  'refused while the disk was full',
  'PostgreSQL gave up on a full disk',
  'answered by a gateway a day off',
  'snapshot open over 300 transactions',
  'event committed late',
  'stream resumed',
  'replay from the log used',
  'relay carried on by the other process',
] as const;
type SometimesName = (typeof sometimesNames)[number];

const onSmallDisk: readonly SometimesName[] = ['refused while the disk was full', 'PostgreSQL gave up on a full disk'];
const alone: readonly SometimesName[] = [...onSmallDisk, 'relay carried on by the other process'];

/** The things that cannot happen in a setup. */
const impossible: Record<Setup, readonly SometimesName[]> = {
  alone: [...alone, 'event committed without NATS'],
  'alone-nats': alone,
  pair: [],
  services: ['relay carried on by the other process'],
};

/** The fault that causes each thing. What is not listed here comes from the load alone, given enough time. */
const causes: Partial<Record<SometimesName, FaultName>> = {
  'answer lost and repeated': 'killed',
  'request cut by a kill': 'killed',
  'answered 503 without PostgreSQL': 'postgres-killed',
  'event committed without NATS': 'nats-wiped',
  'request held up by a stopped process': 'stopped',
  'refused while the disk was full': 'disk-full',
  'PostgreSQL gave up on a full disk': 'log-full',
  'event committed late': 'late-commit',
  'stream resumed': 'killed',
  'replay from the log used': 'killed',
  'relay carried on by the other process': 'killed',
};

/** The things that should have happened in this run but did not. */
export function neverHappened({ setup, disk }: World, sometimes: Sometimes): SometimesName[] {
  const never = [...impossible[setup], ...(disk ? [] : onSmallDisk)];
  return sometimesNames.filter((name) => sometimes[name] === 0 && !never.includes(name));
}

/** The faults to repeat, so that the missing things get another chance to happen. */
export function faultsToRepeat(never: readonly SometimesName[]): FaultName[] {
  return never.flatMap((name) => causes[name] ?? []);
}

/** Counts how often each of these things happened. */
export function countSometimes(setup: Setup, history: History, log: readonly LogEvent[]): Sometimes {
  const { operations, streams } = history;
  const attempts = operations.flatMap((operation) => operation.attempts);
  const connections = streams.flatMap(({ frames }) => frames.filter((frame) => frame.kind === 'connected'));
  const resumed = connections.filter(({ after }) => after !== null && after > 0);
  const during = windowsOf(history);
  return {
    'lease reclaimed': reclaimed(log),
    'stale write refused': staleWrites(history, log).refused.length,
    'answer lost and repeated': lostAndRepeated(operations, log),
    'request cut by a kill': attempts.filter((attempt) => wasCut(attempt) && during(attempt.endedAt, 'killed', 'all-killed')).length,
    'answered 503 without PostgreSQL': attempts.filter(({ status, sentAt }) => status === 503 && during(sentAt, 'postgres-killed')).length,
    'event committed without NATS': log.filter(({ occurredAt }) => during(occurredAt, 'nats-wiped')).length,
    'request held up by a stopped process': attempts.filter((attempt) => isSlow(attempt) && during(attempt.sentAt, 'stopped')).length,
    'refused while the disk was full': attempts.filter(({ status, sentAt }) => status === 503 && during(sentAt, 'disk-full', 'log-full')).length,
    'PostgreSQL gave up on a full disk': history.faults.filter(({ gaveUp }) => gaveUp).length,
    'answered by a gateway a day off': attempts.filter(({ wrongDate }) => wrongDate).length,
    'snapshot open over 300 transactions': history.snapshots.filter(({ transactions }) => transactions > 300).length,
    'event committed late': overtaken(log),
    'stream resumed': resumed.length,
    'replay from the log used': resumed.filter(({ after, newest }) => (after ?? 0) < newest).length,
    'relay carried on by the other process': setup === 'pair' ? takenOver(history, log) : 0,
  };
}

function windowsOf({ faults }: History) {
  return (at: number, ...names: FaultName[]) => faults.some(({ name, from, brokenUntil }) => names.includes(name) && at > from && at < brokenUntil);
}

/** Whether a connection was made and then broke. With ECONNREFUSED there was never a connection. */
function wasCut({ status, cut, code }: Attempt): boolean {
  return status === null && !cut && code !== 'ECONNREFUSED';
}

function isSlow({ sentAt, endedAt, cut }: Attempt): boolean {
  return !cut && endedAt - sentAt > 800;
}

function reclaimed(log: readonly LogEvent[]): number {
  const byTask = Map.groupBy(log, ({ organizationId, taskId }) => `${organizationId}/${taskId}`);
  return [...byTask.values()].flatMap((events) =>
    events.filter((event, i) => event.type === 'task.claimed' && events[i - 1]?.type === 'task.expired'),
  ).length;
}

/** The first sending took effect but its answer was lost. The second sending was told of that effect. */
function lostAndRepeated(operations: readonly Operation[], log: readonly LogEvent[]): number {
  const occurredAt = new Map(log.filter(({ key }) => key).map((event) => [event.key, event.occurredAt]));
  return operations.filter(({ key, outcome, attempts: [first, second] }) => {
    if (outcome !== 'succeeded' || !key || !first || !second || first.status !== null) return false;
    return (occurredAt.get(key) ?? Number.POSITIVE_INFINITY) < second.sentAt;
  }).length;
}

function overtaken(log: readonly LogEvent[]): number {
  const late = log.filter(({ taskId }) => taskId.startsWith('late-'));
  return late.filter(({ id, position }) => log.some((other) => other.id > id && other.position < position)).length;
}

/** With two relays: one was dead or stopped, and events still got their positions. */
function takenOver({ faults }: History, log: readonly LogEvent[]): number {
  const ofOne = faults.filter(({ hit }) => hit.length === 1);
  return ofOne.filter(({ from, brokenUntil }) => log.some(({ numberedAt }) => numberedAt > from + 100 && numberedAt < brokenUntil)).length;
}
