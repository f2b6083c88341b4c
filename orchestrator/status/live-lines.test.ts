import { expect, test } from 'vitest';
import { LiveLines } from './live-lines.ts';

const esc = '\u001b';
const tokens = new RegExp(`${esc}\\[(\\d*)[A-Z]|[\\s\\S]`, 'gu');

/** A terminal that understands what is written to it, and counts what scrolls out of its top. */
class TestTerminal {
  readonly columns: number;
  readonly rows: number;
  readonly scrollback: string[] = [];
  #screen: string[];
  #row: number;
  #column = 0;

  constructor(columns: number, rows: number, above: readonly string[]) {
    this.columns = columns;
    this.rows = rows;
    this.#screen = [...above];
    this.#row = above.length;
  }

  write(text: string): boolean {
    for (const [token, count] of text.matchAll(tokens)) {
      if (token === '\n') this.#down();
      else if (token === '\r') this.#column = 0;
      else if (token.startsWith(esc) && token.endsWith('A')) this.#row = Math.max(0, this.#row - Number(count));
      else if (token === `${esc}[2K`) this.#screen[this.#row] = '';
      else if (token.startsWith(esc)) throw new Error(`${JSON.stringify(token)} is not understood`);
      else this.#put(token);
    }
    return true;
  }

  get screen(): string[] {
    return this.#screen.filter((line) => line !== '');
  }

  #line(): string {
    return this.#screen[this.#row] ?? '';
  }

  #put(character: string): void {
    if (this.#column >= this.columns) throw new Error('A line is wider than the terminal');
    this.#screen[this.#row] = `${this.#line().padEnd(this.#column).slice(0, this.#column)}${character}${this.#line().slice(this.#column + 1)}`;
    this.#column += 1;
  }

  #down(): void {
    this.#row += 1;
    if (this.#row < this.rows) return;
    this.scrollback.push(this.#screen.shift() ?? '');
    this.#row -= 1;
  }
}

const above = Array.from({ length: 10 }, (_, index) => `$ command ${index}`);
const lines = (count: number, word: string) => Array.from({ length: count }, (_, index) => `${word} ${index}`);

test('lines are written over in place: nothing of them ever scrolls, however many there are', () => {
  const terminal = new TestTerminal(40, 12, above);
  const live = new LiveLines(terminal);
  for (const count of [1, 3, 2, 6, 1, 4, 4, 6, 0, 2]) live.show(lines(count, `frame of ${count}, line`));
  expect(terminal.screen.filter((line) => line.startsWith('frame'))).toEqual(['frame of 2, line 0', 'frame of 2, line 1']);
  expect(terminal.scrollback).toEqual(above.slice(0, 5));
  expect(terminal.screen.slice(0, 5)).toEqual(above.slice(5));
});

test('a line that became shorter leaves nothing behind it', () => {
  const terminal = new TestTerminal(40, 12, []);
  const live = new LiveLines(terminal);
  live.show(['a long line of words', 'another one']);
  live.show(['short', '']);
  expect(terminal.screen).toEqual(['short']);
});

test('what the terminal has no room for is counted', () => {
  const terminal = new TestTerminal(40, 6, above.slice(0, 2));
  const live = new LiveLines(terminal);
  for (let frame = 0; frame < 5; frame++) live.show(lines(9, 'run'));
  expect(terminal.screen).toEqual(['run 0', 'run 1', 'run 2', 'run 3', '  … 5 more lines']);
  expect(terminal.scrollback).toEqual(above.slice(0, 2));
});
