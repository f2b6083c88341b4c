import type { Attempt, Task } from '@recursiv/sdk';
import type { Printer } from './printer.ts';
import { firstLine, oneLine } from './terminal-text.ts';
import { durationText, leaseText, timeText } from './time-text.ts';

/**
 * The claims of a task, oldest first: stage, agent, time, and how each ended, with the first line of its notes below.
 */
export function attemptsText(printer: Printer, task: Task, attempts: readonly Attempt[]): string {
  return attempts
    .map((attempt) => {
      const number = `${attempt.attempt}  `;
      const notes = attempt.notes === null ? '' : firstLine(attempt.notes);
      const first = `${number}${beginning(printer, attempt)}: ${howItEnded(printer, task, attempt)}`;
      return notes === '' ? first : `${first}\n${' '.repeat(number.length)}${notes}`;
    })
    .join('\n');
}

function beginning(printer: Printer, { stage, agent, claimed_at, ended_at }: Attempt): string {
  const took = ended_at === null ? [] : [`took ${durationText(Date.parse(ended_at) - Date.parse(claimed_at))}`];
  return [`${oneLine(stage)} by ${oneLine(agent)}`, timeText(printer, claimed_at), ...took].join(', ');
}

function howItEnded(printer: Printer, { claim }: Task, { how, release_reason }: Attempt): string {
  switch (how) {
    case 'live':
      return claim === null ? 'at work' : `at work, ${leaseText(printer, claim.expires_at)} at least`;
    case 'completed':
      return 'done';
    case 'expired':
      return 'expired, no heartbeat came in time';
    case 'archived':
      return 'archived';
    default:
      // With this reason nothing went wrong: the task goes on to the next stage.
      if (release_reason === 'completed') return 'built, to be merged';
      if (release_reason === 'not_started') return 'given back, does not count as an attempt';
      return release_reason === null ? 'released' : `released, ${oneLine(release_reason)}`;
  }
}
