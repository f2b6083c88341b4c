import type { Printer } from './printer.ts';

/**
 * What a terminal shows of ids: enough of each to tell it from the others that are shown. Commands take that for the whole id. Anything but a terminal
 * reads whole ids.
 */
export function shortIds(printer: Printer, ids: readonly string[]): (id: string) => string {
  if (printer.width === undefined) return (id) => id;
  const sorted = [...new Set(ids)].sort();
  // In this order the ids that have most in common with one are beside it.
  const short = new Map(
    sorted.map((id, index) => {
      const inCommon = Math.max(...[sorted[index - 1], sorted[index + 1]].map((other) => charactersInCommon(id, other ?? '')));
      return [id, id.slice(0, Math.max(shortest(id), inCommon + 1))];
    }),
  );
  return (id) => short.get(id) ?? id;
}

/** What a terminal shows of one id that stands alone. */
export function shortId(printer: Printer, id: string): string {
  return shortIds(printer, [id])(id);
}

/** What the server makes is random, so eight digits of it will do. People know the ids that they chose by the whole name, unless it is very long. */
function shortest(id: string): number {
  const made = /^(key_[0-9a-f]{8}|[0-9a-f]{8}(?=-[0-9a-f]{4}-))/.exec(id);
  return made?.[0].length ?? (id.length > 24 ? 20 : id.length);
}

function charactersInCommon(one: string, other: string): number {
  let count = 0;
  while (count < one.length && one[count] === other[count]) count += 1;
  return count;
}
