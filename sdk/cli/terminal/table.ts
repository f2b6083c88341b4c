import stringWidth from 'string-width';
import type { Format, Printer } from './printer.ts';
import { oneLine } from './terminal-text.ts';

/** One column of a table. */
export interface Column<T> {
  readonly head: string;
  readonly cell: (item: T) => string | number | null;
  /** Numbers are easier to read on the right. */
  readonly align?: 'right';
  /** Gets the width that the other columns leave. Several flexible columns share it. */
  readonly flexible?: boolean;
  /** In a terminal that is too narrow, columns with a number are left out, the lowest number first. */
  readonly drop?: number;
  readonly format?: (item: T) => Format | undefined;
}

/**
 * The widest that a column can be in a terminal unless it is flexible: one long name must not push out all other
 * columns.
 */
const widest = 24;
/** Columns are left out until each flexible column is at least this wide. */
const comfortable = 20;
const narrowest = 8;
const gap = 2;

/**
 * The items as aligned columns. A column in which no item has a value is left out. Cells are foreign text, and nothing
 * in them can move the cursor. Only in a terminal are cells cut and columns left out.
 */
export function tableText<T>(printer: Printer, all: readonly Column<T>[], items: readonly T[]): string {
  const filled = all
    .filter(({ cell }) => items.some((item) => cell(item) !== null))
    .map((column) => ({ column, cells: items.map((item) => oneLine(String(column.cell(item) ?? '-'))) }))
    .map((one) => ({ ...one, width: Math.max(one.column.head.length, ...one.cells.map((cell) => stringWidth(cell))) }));
  const columns = printer.width === undefined ? filled : fitted(filled, printer.width);
  const head = columns.map(({ column, width }) => padded(column.head, width, column.align));
  const lines = items.map((item, row) =>
    columns.map(({ column, cells, width }) => {
      const text = padded(cells[row] ?? '', width, column.align);
      const format = column.format?.(item);
      return format === undefined ? text : printer.paint(format, text);
    }),
  );
  return [printer.paint('bold', head.join(' '.repeat(gap)).trimEnd()), ...lines.map((line) => line.join(' '.repeat(gap)).trimEnd())].join('\n');
}

interface Filled<T> {
  readonly column: Column<T>;
  readonly cells: readonly string[];
  readonly width: number;
}

/** Leaves columns out until the flexible ones are wide enough, then shares the rest of the width among these. */
function fitted<T>(all: readonly Filled<T>[], available: number): Filled<T>[] {
  const capped = all.map((one) => (one.column.flexible ? one : { ...one, width: Math.min(one.width, widest) }));
  const needed = (columns: readonly Filled<T>[]) =>
    columns.reduce((sum, { column, width }) => sum + gap + (column.flexible ? Math.min(width, comfortable) : width), -gap);
  const droppable = capped.filter(({ column }) => column.drop !== undefined).sort((one, other) => (one.column.drop ?? 0) - (other.column.drop ?? 0));
  let kept = capped;
  for (const next of droppable) if (needed(kept) > available) kept = kept.filter((one) => one !== next);
  return shared(kept, available);
}

/** The narrowest flexible column gets what it needs, the next one its share of the rest. */
function shared<T>(columns: readonly Filled<T>[], available: number): Filled<T>[] {
  const flexible = columns.filter(({ column }) => column.flexible).sort((one, other) => one.width - other.width);
  let left = available - columns.reduce((sum, { column, width }) => sum + gap + (column.flexible ? 0 : width), -gap);
  const widths = new Map<Filled<T>, number>();
  flexible.forEach((one, index) => {
    const width = Math.min(one.width, Math.max(narrowest, Math.floor(left / (flexible.length - index))));
    widths.set(one, width);
    left -= width;
  });
  return columns.map((one) => ({ ...one, width: widths.get(one) ?? one.width }));
}

function padded(text: string, width: number, align: 'right' | undefined): string {
  const cut = stringWidth(text) > width ? cutTo(text, width) : text;
  const padding = ' '.repeat(Math.max(0, width - stringWidth(cut)));
  return align === 'right' ? padding + cut : cut + padding;
}

/** Cuts between characters as people see them, so that no emoji is cut in half. */
function cutTo(text: string, width: number): string {
  let cut = '';
  for (const { segment } of new Intl.Segmenter().segment(text)) {
    if (stringWidth(cut + segment) > width - 1) break;
    cut += segment;
  }
  return `${cut}…`;
}
