import { stripVTControlCharacters } from 'node:util';
import stringWidth from 'string-width';

/** Foreign text as one line that cannot move the cursor. */
export function plainLine(text: string): string {
  return stripVTControlCharacters(text).replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, ' ');
}

/**
 * The part of a line that fits a terminal of this width, with an ellipsis where it was cut. Without a terminal it is
 * the whole line.
 */
export function shortened(line: string, columns?: number): string {
  const most = usable(columns);
  return stringWidth(line) <= most ? line : `${beginning(line, most - 1)}…`;
}

/**
 * A line broken between words, and within a word that is wider than the terminal. All lines but the first are indented.
 */
export function wrapped(line: string, columns?: number): string[] {
  const most = usable(columns);
  const indent = `${/^ */.exec(line)?.[0] ?? ''}  `;
  const lines: string[] = [];
  let rest = line;
  while (stringWidth(rest) > most) {
    const part = beginning(rest, most);
    const space = part.lastIndexOf(' ');
    const isBetweenWords = rest[part.length] === ' ' || space < indent.length;
    const cut = isBetweenWords ? part.length : space;
    lines.push(rest.slice(0, cut).trimEnd());
    rest = `${indent}${rest.slice(cut).trimStart()}`;
  }
  return [...lines, rest];
}

/** The last column stays empty: some terminals break the line there. Without a terminal there is no limit. */
function usable(columns: number | undefined): number {
  return columns === undefined ? Number.POSITIVE_INFINITY : Math.max(20, (columns || 80) - 1);
}

function beginning(line: string, most: number): string {
  let fitting = '';
  let width = 0;
  for (const { segment } of new Intl.Segmenter().segment(line)) {
    width += stringWidth(segment);
    if (width > most) break;
    fitting += segment;
  }
  return fitting;
}
