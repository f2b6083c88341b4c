import type { Spread } from './statistics.ts';

/** A Markdown table. The first column has words, the others have figures, unless `words` says otherwise. */
export function tableOf(head: readonly string[], rows: readonly (readonly string[])[], words = false): string {
  const line = (cells: readonly string[]) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  const rule = `|${head.map((_, i) => (i === 0 || words ? '---|' : '---:|')).join('')}`;
  return [line(head), rule, ...rows.map(line)].join('\n');
}

/** The median. With more than one round, also the least and the most. */
export function spreadText(spread: Spread | null, suffix = ''): string {
  if (!spread) return '—';
  const { median, least, most } = spread;
  const digits = digitsFor(median);
  const text = (value: number) => value.toLocaleString('en', { minimumFractionDigits: digits, maximumFractionDigits: digits });
  return least === most ? `${text(median)}${suffix}` : `${text(median)}${suffix} (${text(least)}–${text(most)})`;
}

/** The number of decimals, so that small figures have three significant digits. */
const digitsFor = (value: number): number => (value >= 100 ? 0 : value >= 10 ? 1 : 2);
