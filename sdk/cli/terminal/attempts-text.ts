import type { Event, Task } from '@recursiv/sdk';
import type { Printer } from './printer.ts';
import { firstLine, oneLine } from './terminal-text.ts';
import { durationText, leaseText, timeText } from './time-text.ts';

const endings: ReadonlySet<string> = new Set(['task.released', 'task.expired', 'task.completed', 'task.archived']);

/**
 * The claims of a task, oldest first: stage, agent, time, and how each ended, with the first line of its notes below.
 */
export function attemptsText(printer: Printer, task: Task, events: readonly Event[]): string {
  return events
    .flatMap((claimed, index) => {
      if (claimed.type !== 'task.claimed') return [];
      // Not by the number of the attempt: a claim that does not count gives its number to the next.
      const end = events.slice(index).find(({ type }) => endings.has(type));
      const number = `${claimed.attempt}  `;
      const notes = end?.notes == null ? '' : firstLine(end.notes);
      const first = `${number}${beginning(printer, claimed, end)}: ${end ? howItEnded(end) : stillClaimed(printer, task)}`;
      return notes === '' ? first : `${first}\n${' '.repeat(number.length)}${notes}`;
    })
    .join('\n');
}

function beginning(printer: Printer, { task, actor, occurred_at }: Event, end: Event | undefined): string {
  const took = end && `took ${durationText(Date.parse(end.occurred_at) - Date.parse(occurred_at))}`;
  return [`${oneLine(task.stage)} by ${oneLine(actor ?? 'nobody')}`, timeText(printer, occurred_at), took]
    .filter((part) => part !== undefined)
    .join(', ');
}

function howItEnded({ type, release_reason }: Event): string {
  switch (type) {
    case 'task.completed':
      return 'done';
    case 'task.expired':
      return 'expired, no heartbeat came in time';
    case 'task.archived':
      return 'archived';
    default:
      // With this reason nothing went wrong: the task goes on to the next stage.
      if (release_reason === 'completed') return 'built, to be merged';
      if (release_reason === 'not_started') return 'given back, does not count as an attempt';
      return release_reason == null ? 'released' : `released, ${oneLine(release_reason)}`;
  }
}

function stillClaimed(printer: Printer, { claim }: Task): string {
  return claim === null ? 'over' : `at work, ${leaseText(printer, claim.expires_at)} at least`;
}
