import type { Printer } from '../../sdk/cli/terminal/printer.ts';

/** A printer of a terminal with so many columns, or of a file when undefined. It paints and writes nothing. */
export function testPrinter(width: number | undefined): Printer {
  return { width, paint: (_, text) => text, line: () => undefined, note: () => undefined };
}
