import stringWidth from 'string-width';

/** Where the lines are drawn. */
export type LiveTerminal = Pick<NodeJS.WriteStream, 'write' | 'columns' | 'rows'>;

/**
 * Lines at the bottom of a terminal that are replaced in place, one by one. The screen is never cleared, because some
 * terminals then move what it showed into the scrollback. It scrolls only to make room for more lines. Each line is
 * cleared as a whole, because otherwise a terminal that becomes wider may join it with the next one.
 */
export class LiveLines {
  readonly #out: LiveTerminal;
  #shown: readonly string[] = [];

  constructor(out: LiveTerminal) {
    this.#out = out;
  }

  /**
   * Shows these lines in place of those before. They must fit the terminal's width. When there are more lines than its
   * height allows, the last line says how many.
   */
  show(lines: readonly string[]): void {
    const next = fitting(lines, this.#out.rows);
    const before = this.#heightOfShown();
    const surplus = Math.max(0, before - next.length);
    const up = before === 0 ? '' : `\u001b[${before}A`;
    const back = surplus === 0 ? '' : `\u001b[${surplus}A`;
    this.#out.write(`${up}${[...next, ...Array<string>(surplus).fill('')].map((line) => `\r\u001b[2K${line}\n`).join('')}${back}\r\u001b[2K`);
    this.#shown = next;
  }

  /** A terminal that became narrower breaks each line that no longer fits into several. */
  #heightOfShown(): number {
    const columns = this.#out.columns || Number.POSITIVE_INFINITY;
    return this.#shown.reduce((height, line) => height + Math.max(1, Math.ceil(stringWidth(line) / columns)), 0);
  }
}

/** The cursor needs the line below the last one. */
function fitting(lines: readonly string[], rows: number | undefined): readonly string[] {
  const most = Math.max(1, (rows || 24) - 1);
  return lines.length <= most ? lines : [...lines.slice(0, most - 1), `  … ${lines.length - most + 1} more lines`];
}
