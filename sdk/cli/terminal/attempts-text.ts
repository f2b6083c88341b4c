import type { Event, Task } from '@recursiv/sdk';
import { reasonText } from './event-text.ts';
import type { Printer } from './printer.ts';
import { type Column, tableText } from './table.ts';
import { ageText, durationText, leaseText } from './time-text.ts';

/** One claim of a task, from its beginning to its end. */
interface Attempt {
  readonly attempt: number;
  readonly stage: string;
  readonly agent: string | null;
  readonly claimedAt: string;
  /** The event that ended it; undefined while the claim lives. */
  readonly end: Event | undefined;
}

const endings: ReadonlySet<string> = new Set(['task.released', 'task.expired', 'task.completed', 'task.archived']);

/** The claims of a task as a table: who had it, when, and how each ended. */
export function attemptsText(printer: Printer, task: Task, events: readonly Event[]): string {
  const columns: readonly Column<Attempt>[] = [
    { head: '#', cell: ({ attempt }) => attempt, align: 'right' },
    { head: 'STAGE', cell: ({ stage }) => stage, drop: 1 },
    { head: 'AGENT', cell: ({ agent }) => agent },
    { head: printer.width === undefined ? 'CLAIMED' : 'AGE', cell: ({ claimedAt }) => ageText(printer, claimedAt) },
    { head: 'TOOK', cell: ({ claimedAt, end }) => (end ? durationText(Date.parse(end.occurred_at) - Date.parse(claimedAt)) : null) },
    { head: 'HOW IT ENDED', cell: ({ end }) => (end ? howItEnded(end) : stillClaimed(printer, task)), flexible: true },
  ];
  return tableText(printer, columns, attemptsFrom(events));
}

/** The claims of a task, from its events, the oldest first. */
function attemptsFrom(events: readonly Event[]): Attempt[] {
  return events
    .filter(({ type }) => type === 'task.claimed')
    .map(({ attempt, actor, occurred_at, task }) => ({
      attempt,
      stage: task.stage,
      agent: actor,
      claimedAt: occurred_at,
      end: events.find((event) => event.attempt === attempt && endings.has(event.type)),
    }));
}

function howItEnded(end: Event): string {
  const why = reasonText(end);
  switch (end.type) {
    case 'task.completed':
      return 'done';
    case 'task.expired':
      return 'expired: no heartbeat came in time';
    case 'task.archived':
      return 'archived';
    default:
      // This reason says that nothing went wrong: the work goes on to the next stage.
      if (end.release_reason === 'completed') return `built, to be merged${why.replace(/^completed/, '')}`;
      return why === '' ? 'released' : `released: ${why}`;
  }
}

function stillClaimed(printer: Printer, { claim }: Task): string {
  return claim === null ? 'over' : `at work, ${leaseText(printer, claim.expires_at)} at least`;
}
