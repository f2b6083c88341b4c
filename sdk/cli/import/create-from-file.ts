import { type CreateInput, RecursivError, type Task } from '@recursiv/sdk';
import type { Cli } from '../cli.ts';
import { CliError, exitCodeOf, exitCodes } from '../exit-code.ts';
import { oneLine } from '../terminal/terminal-text.ts';
import { batches } from './batches.ts';
import { tasksFromCsv } from './csv.ts';
import { readText } from './read-text.ts';
import { type LineFault, repeatedIds, type TaskFile, type TaskLine, tasksFromJsonLines } from './task-lines.ts';

/** So many faults of a file are shown. */
const mostFaults = 20;

/** Which file to read, and how. */
export interface ImportFlags {
  readonly file: string;
  readonly format?: 'jsonl' | 'csv' | undefined;
  readonly fromLine?: number | undefined;
}

/**
 * Creates the tasks of a file, in requests of up to 500 that each succeed or fail as a whole. A file that cannot be
 * read to its end creates none. `defaults` are for the fields that a task leaves out.
 */
export async function createFromFile(cli: Cli, flags: ImportFlags, defaults: Partial<CreateInput>): Promise<Task[]> {
  const { file, fromLine = 1 } = flags;
  const { tasks, faults } = parsed(await readText(file), flags);
  const wrong = [...faults, ...repeatedIds(tasks)].sort((one, other) => one.line - other.line);
  if (wrong.length > 0) throw faulty(file, wrong);
  const wanted = tasks.filter(({ line }) => line >= fromLine).map(({ line, task }) => ({ line, task: { ...defaults, ...task } }));
  if (wanted.length === 0) throw new CliError(`${file} has no task${fromLine > 1 ? ` from line ${fromLine} on` : ''}.`, exitCodes.usage);
  return await createAll(cli, file, wanted);
}

function parsed(text: string, { file, format }: ImportFlags): TaskFile {
  const isCsv = format === undefined ? /\.csv$/i.test(file) || (file === '-' && !/^\ufeff?\s*\{/.test(text)) : format === 'csv';
  return isCsv ? tasksFromCsv(text) : tasksFromJsonLines(text);
}

async function createAll(cli: Cli, file: string, tasks: readonly TaskLine[]): Promise<Task[]> {
  const dispatcher = await cli.dispatcher();
  const stop = cli.stopSignal();
  const created: Task[] = [];
  for (const batch of batches(tasks)) {
    cli.printer.progress(created.length, tasks.length);
    const first = batch[0]?.line ?? 1;
    if (stop.aborted) throw new CliError('Stopped.', exitCodes.error, whatIsThere(created.length, first));
    try {
      const { data } = await dispatcher.createMany(batch.map(({ task }) => task));
      created.push(...data);
    } catch (error) {
      cli.printer.progress(null);
      throw atItsLine(error, file, batch, whatIsThere(created.length, first));
    }
  }
  cli.printer.progress(null);
  return created;
}

/** The place of a task in its request is nothing to a person, who wants the line of the file. */
function atItsLine(error: unknown, file: string, batch: readonly TaskLine[], hint: string): unknown {
  if (!(error instanceof RecursivError)) return error;
  const [, place] = /^tasks\[(\d+)\]/.exec(String(error.details?.field ?? '')) ?? [];
  const line = place === undefined ? undefined : batch[Number(place)]?.line;
  if (line === undefined) return new CliError(`${error.message} (${error.code})`, exitCodeOf(error), hint);
  return new CliError(`${file}:${line}: ${error.message.replace(/^tasks\[\d+\]\.?/, '')} (${error.code})`, exitCodeOf(error), hint);
}

function whatIsThere(count: number, line: number): string {
  if (count === 0) return 'No task was created.';
  return `The ${count} tasks before line ${line} were created, and no other. Go on with --from-line ${line}.`;
}

function faulty(file: string, faults: readonly LineFault[]): CliError {
  const lines = faults.slice(0, mostFaults).map(({ line, message }) => `${oneLine(file)}:${line}: ${oneLine(message)}`);
  const more = faults.length > mostFaults ? [`and ${faults.length - mostFaults} more`] : [];
  return new CliError(
    `${file} has ${faults.length === 1 ? 'a mistake' : 'mistakes'}, and no task was created.`,
    exitCodes.usage,
    [...lines, ...more].join('\n'),
  );
}
