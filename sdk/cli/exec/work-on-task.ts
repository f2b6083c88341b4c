import type { HeldClaim, ReleaseInput, Task } from '@recursiv/sdk';
import type { Cli } from '../cli.ts';
import { CliError, exitCodes } from '../exit-code.ts';
import { shortId } from '../terminal/short-id.ts';
import { taskLine } from '../terminal/task-text.ts';
import { firstLine, oneLine } from '../terminal/terminal-text.ts';
import { type CommandEnd, runCommand } from './run-command.ts';

/** What to run for a task. */
export interface Work {
  readonly command: string;
  readonly isInteractive: boolean;
  /** Seconds until a failed task can be claimed again. Undefined: a pause that grows with each attempt. */
  readonly retryAfter: number | undefined;
}

/** Runs a command for a claimed task, then finishes the task or gives it back. */
export async function workOnTask(cli: Cli, held: HeldClaim, { command, isInteractive, retryAfter }: Work): Promise<void> {
  const stop = cli.stopSignal();
  cli.printer.note(`Claimed ${oneLine(shortId(cli.printer, held.task.id))}: ${oneLine(held.task.title)}`);
  stop.addEventListener('abort', () => cli.printer.note('Ending the command. Press Ctrl-C again to leave at once.'));
  // With --json only the API's answer goes to standard output.
  const out = cli.isJson() ? process.stderr : process.stdout;
  const signal = AbortSignal.any([held.signal, stop]);
  const end = await runCommand(command, held, { signal, isInteractive, out, err: process.stderr });
  if (held.signal.aborted) throw new CliError(`The claim on ${held.task.id} was lost. The command was ended.`, exitCodes.conflict);
  // The task did not fail, so this does not count as an attempt.
  if (stop.aborted) return giveBack(cli, held, { notes: 'The command was interrupted.', release_reason: 'not_started' });
  if (end.code !== 0) return giveBack(cli, held, { notes: noteOf(end), retry_after_seconds: retryAfter ?? pauseAfter(held.claim.attempt) });
  const { data } = await held.complete();
  cli.print({ data }, () => taskLine(cli.printer, data));
}

async function giveBack(cli: Cli, held: HeldClaim, how: ReleaseInput & { notes: string }): Promise<never> {
  const { data } = await held.release(how);
  cli.print({ data }, () => taskLine(cli.printer, data));
  throw new CliError(firstLine(how.notes), exitCodes.error, whatFollows(data, how.retry_after_seconds ?? 0));
}

/**
 * One minute after the first attempt, then twice as long after each, because a task that always fails must not keep a
 * machine busy.
 */
function pauseAfter(attempt: number): number {
  return Math.min(86_400, 60 * 2 ** Math.min(20, attempt - 1));
}

/** Lists and events show only the first line, so it ends with the last line of the output. */
function noteOf({ code, signal, tail }: CommandEnd): string {
  const how = code === null ? `The command was ended by ${signal}` : `The command ended with exit code ${code}`;
  const last = tail.slice(tail.lastIndexOf('\n') + 1).trim();
  const first = last === '' ? `${how}.` : `${how}: ${last.slice(0, 200)}`;
  // The API refuses a text that was cut within a character.
  return (tail.includes('\n') ? `${first}\n\nThe end of its output:\n${tail}` : first).toWellFormed();
}

function whatFollows({ held }: Task, retryAfter: number): string {
  if (held) return 'Too many attempts have failed, so the task is held until a person takes it up.';
  return retryAfter === 0 ? 'The task is back in the queue.' : `The task can be claimed again in ${retryAfter} s.`;
}
