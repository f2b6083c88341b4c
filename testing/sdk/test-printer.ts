import type { Printer } from '../../sdk/cli/terminal/printer.ts';

/** A printer for a terminal with this many columns, or for a file when undefined. It does not paint or write. */
export function testPrinter(width: number | undefined): Printer {
  return { width, paint: (_, text) => text, line: () => undefined, note: () => undefined, progress: () => undefined };
}
