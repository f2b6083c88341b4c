import { stripVTControlCharacters } from 'node:util';

/**
 * Characters that a terminal acts on or that change the order of what it shows: C0, DEL and C1 controls (a single
 * U+009B begins an escape sequence), the two Unicode line separators, and the bidirectional controls of UAX #9 ("Trojan
 * Source").
 */
const acting = /[\p{Cc}\u2028\u2029\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu;

/** Foreign text as one line. No character in it can move the cursor, change a colour or reorder its neighbours. */
export function oneLine(text: string): string {
  return text.toWellFormed().replace(/\s+/g, ' ').replace(acting, visible);
}

/** The first line of foreign text that is not blank. */
export function firstLine(text: string): string {
  return oneLine(text.split('\n').find((line) => line.trim() !== '') ?? '');
}

/** Foreign text of several lines. Line feeds are kept, tabs become spaces, all else is as in `oneLine`. */
export function manyLines(text: string): string {
  const lines = text.toWellFormed().replace(/\r\n/g, '\n').replaceAll('\t', '    ').split('\n');
  return lines.map((line) => line.replace(acting, visible)).join('\n');
}

/**
 * The output of a program as readable text: without escape sequences and control characters. Of a line that was
 * overwritten, such as a progress bar, only the last state is kept.
 */
export function plainText(output: string): string {
  const lines = stripVTControlCharacters(output).replace(/\r+\n/g, '\n').replaceAll('\t', '    ').split('\n');
  return lines.map((line) => lastState(line).replace(acting, '')).join('\n');
}

/** A carriage return starts the line again. One at the end of a line has nothing after it. */
function lastState(line: string): string {
  return line.replace(/\r+$/, '').split('\r').at(-1) ?? '';
}

/** JSON on which a terminal does not act. JSON itself does not escape DEL, C1 and bidirectional controls. */
export function jsonText(value: unknown, indent = 0): string {
  return JSON.stringify(value, null, indent).replace(acting, (character) => (character === '\n' ? character : escaped(character)));
}

function visible(character: string): string {
  const code = character.codePointAt(0) ?? 0;
  return code < 0x100 ? `\\x${code.toString(16).padStart(2, '0')}` : escaped(character);
}

function escaped(character: string): string {
  return `\\u${(character.codePointAt(0) ?? 0).toString(16).padStart(4, '0')}`;
}
