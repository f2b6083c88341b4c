import { styleText } from 'node:util';

/** The colours and weights in use. */
export type Format = Parameters<typeof styleText>[0];

/**
 * Where the CLI writes. Results go to standard output and everything else to standard error, so that scripts read only
 * results.
 */
export interface Printer {
  /** The width of the terminal. Undefined when standard output is not a terminal. */
  readonly width: number | undefined;
  /** Colours text, but only in a terminal. */
  paint(format: Format, text: string): string;
  /** Writes a result. */
  line(text: string): void;
  /** Writes a message to standard error. */
  note(text: string): void;
  /** Shows on standard error how much is done, if that is a terminal. Null takes the bar away. */
  progress(done: number | null, all?: number): void;
}

/** Makes a printer for the process's streams. Colour depends on the stream, `NO_COLOR` and `FORCE_COLOR`. */
export function createPrinter(out: NodeJS.WriteStream, err: NodeJS.WriteStream): Printer {
  return {
    width: out.isTTY ? Math.max(40, out.columns || 80) : undefined,
    paint: (format, text) => styleText(format, text, { stream: out }),
    line: (text) => void out.write(`${text}\n`),
    note: (text) => void err.write(`${text}\n`),
    progress: (done, all = 0) => void (err.isTTY && err.write(`\r\x1b[K${done === null ? '' : progressBar(done, all)}`)),
  };
}

function progressBar(done: number, all: number): string {
  const filled = Math.floor((30 * done) / Math.max(1, all));
  return `[${'#'.repeat(filled)}${'.'.repeat(30 - filled)}] ${done} of ${all}`;
}
