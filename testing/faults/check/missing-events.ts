import type { Operation } from '../history.ts';
import { type LogEvent, nameOfTask } from './log-event.ts';

/** Promise 1: every request that was answered 2xx is in the log and stays there. */
export function missingEvents(operations: readonly Operation[], log: readonly LogEvent[]): string[] {
  const known = new Set(log.flatMap(signsOf));
  return operations
    .filter(({ outcome, kind }) => outcome === 'succeeded' && kind !== 'heartbeat')
    .filter((operation) => !known.has(signOf(operation)))
    .map((operation) => `${operation.kind} of ${nameOfTask(operation)} was acknowledged, and there is no event of it`);
}

/**
 * How the event of a request is recognized: by the token of a claim, by the key of a request, or by the task when it
 * can have only one such event.
 */
function signOf(operation: Operation): string {
  const { kind, claim, token, key } = operation;
  const type = typeOf[kind];
  if (kind === 'create' || kind === 'archive') return `${type} ${nameOfTask(operation)}`;
  if (kind === 'claim') return `${type} token ${claim?.token}`;
  return token === null ? `${type} key ${key}` : `${type} token ${token}`;
}

function signsOf(event: LogEvent): string[] {
  return [`${event.type} ${nameOfTask(event)}`, `${event.type} token ${event.token}`, `${event.type} key ${event.key}`];
}

const typeOf = {
  create: 'task.created',
  claim: 'task.claimed',
  heartbeat: '',
  done: 'task.completed',
  release: 'task.released',
  update: 'task.updated',
  archive: 'task.archived',
} satisfies Record<Operation['kind'], string>;
