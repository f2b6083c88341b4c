import stringWidth from 'string-width';
import type { Format, Printer } from './printer.ts';
import { oneLine } from './terminal-text.ts';

/** One column of a table. */
export interface Column<T> {
  readonly head: string;
  readonly cell: (item: T) => string | number | null;
  /** Numbers read better on the right. */
  readonly align?: 'right';
  /** Gives way when the terminal is too narrow. */
  readonly flexible?: boolean;
  readonly format?: (item: T) => Format | undefined;
}

/**
 * The items as aligned columns; a column in which no item has a value is left out. Cells are foreign text: nothing in them moves the cursor. Only a
 * terminal cuts them.
 */
export function tableText<T>(printer: Printer, all: readonly Column<T>[], items: readonly T[]): string {
  const columns = all.filter(({ cell }) => items.some((item) => cell(item) !== null));
  const cells = items.map((item) => columns.map((column) => oneLine(String(column.cell(item) ?? '-'))));
  const widths = fittingWidths(printer.width, columns, cells);
  const head = columns.map((column, index) => padded(column.head, widths[index] ?? 0, column.align));
  const lines = items.map((item, row) =>
    columns.map((column, index) => {
      const text = padded(cells[row]?.[index] ?? '', widths[index] ?? 0, column.align);
      const format = column.format?.(item);
      return format === undefined ? text : printer.paint(format, text);
    }),
  );
  return [printer.paint('bold', head.join('  ').trimEnd()), ...lines.map((line) => line.join('  ').trimEnd())].join('\n');
}

function fittingWidths<T>(available: number | undefined, columns: readonly Column<T>[], cells: readonly string[][]): number[] {
  const widths = columns.map(({ head }, index) => Math.max(head.length, ...cells.map((row) => stringWidth(row[index] ?? ''))));
  if (available === undefined) return widths;
  const total = widths.reduce((sum, width) => sum + width + 2, -2);
  const flexible = columns.findIndex((column) => column.flexible);
  const now = widths[flexible];
  if (now !== undefined && total > available) widths[flexible] = Math.max(8, now - (total - available));
  return widths;
}

function padded(text: string, width: number, align: 'right' | undefined): string {
  const cut = stringWidth(text) > width ? cutTo(text, width) : text;
  const padding = ' '.repeat(Math.max(0, width - stringWidth(cut)));
  return align === 'right' ? padding + cut : cut + padding;
}

/** Cuts between characters as people see them, so that no emoji is halved. */
function cutTo(text: string, width: number): string {
  let cut = '';
  for (const { segment } of new Intl.Segmenter().segment(text)) {
    if (stringWidth(cut + segment) > width - 1) break;
    cut += segment;
  }
  return `${cut}…`;
}
