import type { Operation } from '../history.ts';
import { type LogEvent, nameOfTask } from './log-event.ts';

/** Promise 5: a request that is repeated with its key has one effect, and gets the same answer. */
export function repeatedEffects(operations: readonly Operation[], log: readonly LogEvent[]): string[] {
  const byKey = Map.groupBy(
    log.filter(({ key }) => key !== null),
    ({ key }) => key,
  );
  // A claim that was taken back because its caller had left does not count as an effect.
  const takenBack = new Set(log.filter(({ reason }) => reason === 'not_started').map(({ token }) => token));
  const claims = log.filter(({ type, token }) => type === 'task.claimed' && !takenBack.has(token));
  const byAgent = Map.groupBy(claims, ({ actor }) => actor);
  const keys = new Set(operations.map(({ key }) => key));
  return [
    ...twice(byKey, (key, count) => `${count} events under the key ${key}`),
    ...twice(byAgent, (agent, count) => `${agent} asked for one task and was given ${count}`),
    ...[...byKey.keys()].filter((key) => !keys.has(key)).map((key) => `An event has the key ${key}, which nobody sent`),
    ...operations.flatMap(changedAnswer),
  ];
}

function twice(groups: Map<string | null, LogEvent[]>, say: (name: string | null, count: number) => string): string[] {
  return [...groups].filter(([, events]) => events.length > 1).map(([name, events]) => say(name, events.length));
}

function changedAnswer(operation: Operation): string[] {
  const { repeat, claim, kind, taskId } = operation;
  if (!repeat) return [];
  const same = repeat.taskId === taskId && repeat.token === (claim?.token ?? null);
  return same ? [] : [`${kind} of ${nameOfTask(operation)} got a different answer when it was sent again: ${JSON.stringify(repeat)}`];
}
