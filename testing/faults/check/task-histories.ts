import { type FinalTask, type LogEvent, nameOfTask } from './log-event.ts';

/** The state of a task, computed from its events. */
interface Standing {
  readonly status: string;
  readonly stage: string;
  readonly attempt: number;
  readonly archived: boolean;
  /** The token of the live claim. */
  readonly token: string | null;
}

/**
 * Promise 6: every transition has one event, in order for each task. Replays the events of each task with the state
 * machine, and compares the result with the task itself.
 */
export function illegalHistories(log: readonly LogEvent[], tasks: readonly FinalTask[]): string[] {
  const byTask = Map.groupBy(log, nameOfTask);
  const ends = new Map(tasks.map((task) => [nameOfTask({ ...task, taskId: task.id }), task]));
  const names = new Set([...byTask.keys(), ...ends.keys()]);
  return [...names].flatMap((name) => {
    const events = byTask.get(name) ?? [];
    const fault = faultOf(events, ends.get(name));
    return fault ? [`${name}: ${fault}; its events: ${events.map(({ type, id }) => `${id} ${type}`).join(', ')}`] : [];
  });
}

function faultOf(events: readonly LogEvent[], end: FinalTask | undefined): string | null {
  let standing: Standing | null = null;
  let lastId = 0;
  for (const event of events.toSorted((a, b) => a.position - b.position)) {
    if (event.id < lastId) return `event ${event.id} has its position after event ${lastId}`;
    const fault = faultOfStep(standing, event);
    if (fault) return `event ${event.id} (${event.type}) ${fault}`;
    standing = after(standing, event);
    lastId = event.id;
  }
  if (!end || !standing) return end ? 'it has no event' : 'there are events of a task that does not exist';
  const same =
    standing.status === end.status && standing.stage === end.stage && standing.attempt === end.attempts && standing.archived === end.archived;
  return same ? null : `its events end with ${JSON.stringify(standing)}, the task is ${JSON.stringify(end)}`;
}

function faultOfStep(before: Standing | null, event: LogEvent): string | null {
  if (event.type === 'task.created') return before ? 'comes after others' : null;
  if (!before) return 'comes before the creation';
  if (before.archived) return 'comes after the archiving';
  const { from, to } = steps[event.type] ?? { from: [], to: '' };
  if (!from.includes(before.status)) return `cannot come to a task that is ${before.status}`;
  if (event.statusBefore !== before.status) return `says that the task was ${event.statusBefore}, and it was ${before.status}`;
  if (event.type !== 'task.archived' && event.status !== (to === 'same' ? before.status : to)) return `leaves the task ${event.status}`;
  if (event.attempt !== before.attempt + (event.type === 'task.claimed' ? 1 : 0)) return `counts attempt ${event.attempt} after ${before.attempt}`;
  if (endsClaim.has(event.type) && event.token !== before.token) return 'ends another claim than the live one';
  if (event.stage !== before.stage && event.type !== 'task.released') return `moves the task to ${event.stage}`;
  return null;
}

const steps: Record<string, { from: readonly string[]; to: string }> = {
  'task.updated': { from: ['pending', 'claimed', 'done'], to: 'same' },
  'task.unblocked': { from: ['pending'], to: 'same' },
  'task.claimed': { from: ['pending'], to: 'claimed' },
  'task.released': { from: ['claimed'], to: 'pending' },
  'task.expired': { from: ['claimed'], to: 'pending' },
  'task.completed': { from: ['claimed'], to: 'done' },
  'task.archived': { from: ['pending', 'claimed', 'done'], to: 'same' },
};

const endsClaim = new Set(['task.released', 'task.expired', 'task.completed']);

function after(before: Standing | null, event: LogEvent): Standing {
  const { type, status, stage, token } = event;
  const attempt = event.reason === 'not_started' ? event.attempt - 1 : event.attempt;
  return { status, stage, attempt, archived: type === 'task.archived', token: type === 'task.claimed' ? token : (before?.token ?? null) };
}
