import { styleText } from 'node:util';

/** The colours and weights in use. */
export type Format = Parameters<typeof styleText>[0];

/** Where the CLI writes. Results go to standard output, words about them to standard error, so that scripts read only results. */
export interface Printer {
  /** The width of the terminal; undefined when standard output is none. */
  readonly width: number | undefined;
  /** Colours text, in a terminal alone. */
  paint(format: Format, text: string): string;
  /** Writes a result. */
  line(text: string): void;
  /** Writes a word about it. */
  note(text: string): void;
}

/** A printer on the process's streams. Colour follows the stream, `NO_COLOR` and `FORCE_COLOR`. */
export function createPrinter(out: NodeJS.WriteStream, err: NodeJS.WriteStream): Printer {
  return {
    width: out.isTTY ? Math.max(40, out.columns || 80) : undefined,
    paint: (format, text) => styleText(format, text, { stream: out }),
    line: (text) => void out.write(`${text}\n`),
    note: (text) => void err.write(`${text}\n`),
  };
}
