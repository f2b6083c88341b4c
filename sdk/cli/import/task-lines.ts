import type { CreateInput } from '@recursiv/sdk';

/** A task that a file describes, and the line on which it begins. */
export interface TaskLine {
  readonly line: number;
  readonly task: CreateInput;
}

/** What is wrong with a line. */
export interface LineFault {
  readonly line: number;
  readonly message: string;
}

/** A file of tasks, as far as it could be read. */
export interface TaskFile {
  readonly tasks: readonly TaskLine[];
  readonly faults: readonly LineFault[];
}

/** Reads a file with one JSON object a line. Empty lines are left out. */
export function tasksFromJsonLines(text: string): TaskFile {
  const tasks: TaskLine[] = [];
  const faults: LineFault[] = [];
  for (const [i, content] of text
    .replace(/^\ufeff/, '')
    .split('\n')
    .entries()) {
    if (content.trim() === '') continue;
    const value = parse(content);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) tasks.push({ line: i + 1, task: value as CreateInput });
    else faults.push({ line: i + 1, message: value === undefined ? 'This is not JSON.' : 'This is not a JSON object.' });
  }
  return { tasks, faults };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** An id that stands on two lines would be refused in the middle of the work, so it is looked for before. */
export function repeatedIds(tasks: readonly TaskLine[]): LineFault[] {
  const first = new Map<string, number>();
  return tasks.flatMap(({ line, task: { id } }) => {
    if (typeof id !== 'string') return [];
    const before = first.get(id);
    if (before !== undefined) return [{ line, message: `The id ${JSON.stringify(id)} stands on line ${before} already.` }];
    first.set(id, line);
    return [];
  });
}
