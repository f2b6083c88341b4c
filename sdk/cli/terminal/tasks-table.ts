import type { Task } from '@recursiv/sdk';
import { reasonText } from './event-text.ts';
import type { Printer } from './printer.ts';
import { shortIds } from './short-id.ts';
import { type Column, tableText } from './table.ts';
import { statusFormat, statusOf } from './task-text.ts';
import { ageText, timeText } from './time-text.ts';

/** Tasks as a table. A table of held tasks says why each is held. */
export function tasksTable(printer: Printer, tasks: readonly Task[], isHeldOnly: boolean): string {
  const short = shortIds(
    printer,
    tasks.map(({ id }) => id),
  );
  // A terminal shows ages instead of times.
  const inTerminal = printer.width !== undefined;
  const columns: readonly Column<Task>[] = [
    { head: 'ID', cell: ({ id }) => short(id) },
    ...(isHeldOnly ? [] : [status, score]),
    { head: inTerminal ? 'AGE' : 'CREATED', cell: ({ created_at }) => ageText(printer, created_at), drop: 6 },
    { head: inTerminal ? 'DONE' : 'COMPLETED', cell: ({ completed_at }) => completed_at && timeText(printer, completed_at), drop: 7 },
    { head: 'PROJECT', cell: ({ project }) => project, drop: 1 },
    { head: 'OWNER', cell: ({ owner }) => owner, drop: 4 },
    { head: 'LAYER', cell: ({ layer }) => layer, drop: 2 },
    { head: 'MILESTONE', cell: ({ milestone }) => milestone, drop: 3 },
    { head: 'AGENT', cell: ({ claim }) => claim?.agent ?? null, drop: 8 },
    ...(isHeldOnly ? [why] : []),
    { head: 'TITLE', cell: ({ title }) => title, flexible: true },
  ];
  return tableText(printer, columns, tasks);
}

const status: Column<Task> = { head: 'STATUS', cell: statusOf, format: statusFormat };
const score: Column<Task> = { head: 'SCORE', cell: ({ effective_score }) => effective_score.toFixed(2), align: 'right', drop: 5 };
const why: Column<Task> = { head: 'WHY', cell: (task) => reasonText(task) || null, flexible: true };
