import type { CreateInput } from '@recursiv/sdk';
import { CsvError, parse } from 'csv-parse/sync';
import { z } from 'zod';
import type { LineFault, TaskFile, TaskLine } from './task-lines.ts';

/** The columns, and what is in their cells. Items of a list are separated by spaces. */
const columns: Readonly<Record<keyof CreateInput, 'text' | 'number' | 'boolean' | 'list'>> = {
  id: 'text',
  title: 'text',
  description: 'text',
  project: 'text',
  owner: 'text',
  milestone: 'text',
  layer: 'text',
  rev: 'number',
  use: 'number',
  ts: 'number',
  sec: 'number',
  stab: 'number',
  effort: 'number',
  held: 'boolean',
  notes: 'text',
  depends_on: 'list',
  concurrency_key: 'text',
  organization_id: 'text',
};

/**
 * Reads a CSV file (RFC 4180). Its first line has the names of fields, and an empty cell leaves the field out.
 */
export function tasksFromCsv(text: string): TaskFile {
  const records = recordsOf(text);
  if ('message' in records) return { tasks: [], faults: [records] };
  const [head, ...rows] = records;
  const names = head?.cells.map((name) => name.trim()) ?? [];
  const unknown = names.filter((name) => !isColumn(name));
  if (head && unknown.length > 0) return { tasks: [], faults: [{ line: head.line, message: unknownColumns(unknown) }] };
  const tasks: TaskLine[] = [];
  const faults: LineFault[] = [];
  for (const { line, cells } of rows) {
    if (cells.length === names.length) tasks.push({ line, task: taskOf(names, cells) });
    else faults.push({ line, message: `There are ${cells.length} cells, but the first line has ${names.length}.` });
  }
  return { tasks, faults };
}

/** What the parser answers with `info`, which its types do not say. */
const parsedRecords = z.array(z.object({ info: z.object({ lines: z.number() }), record: z.array(z.string()) }));

interface CsvRecord {
  readonly line: number;
  readonly cells: readonly string[];
}

/** The records with the lines on which they begin. The parser knows the lines on which they end. */
function recordsOf(text: string): CsvRecord[] | LineFault {
  try {
    const records = parse(text, { bom: true, info: true, relax_column_count: true, skip_empty_lines: true });
    return parsedRecords.parse(records).map(({ info, record }) => ({ line: info.lines - linesWithin(record), cells: record }));
  } catch (cause) {
    if (!(cause instanceof CsvError)) throw cause;
    return { line: Number(cause.lines ?? 1), message: cause.message };
  }
}

const linesWithin = (cells: readonly string[]): number => cells.join('').split('\n').length - 1;

const isColumn = (name: string): name is keyof CreateInput => Object.hasOwn(columns, name);

function taskOf(names: readonly string[], cells: readonly string[]): CreateInput {
  const given = names.flatMap((name, i) => (isColumn(name) && cells[i] ? [[name, cellValue(columns[name], cells[i])]] : []));
  return Object.fromEntries(given) as CreateInput;
}

/** The value of a cell. What is not of the column's kind stays as it is, for the API to refuse. */
function cellValue(kind: (typeof columns)[keyof CreateInput], cell: string): unknown {
  const text = cell.trim();
  if (kind === 'list') return text.split(/\s+/);
  if (kind === 'boolean') return /^(true|false)$/i.test(text) ? text.toLowerCase() === 'true' : cell;
  if (kind === 'number') return text !== '' && Number.isFinite(Number(text)) ? Number(text) : cell;
  return cell;
}

function unknownColumns(names: readonly string[]): string {
  return `Unknown columns: ${names.join(', ')}. The first line must have names of fields: ${Object.keys(columns).join(', ')}.`;
}
