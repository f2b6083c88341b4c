import type { Printer } from './printer.ts';

/**
 * Shortens ids for a terminal: enough of each id is left to tell it from the others in the list. Commands take the
 * short form for the whole id. Files get whole ids.
 */
export function shortIds(printer: Printer, ids: readonly string[]): (id: string) => string {
  if (printer.width === undefined) return (id) => id;
  const sorted = [...new Set(ids)].sort();
  // After sorting, the ids that have the longest beginning in common are neighbours.
  const short = new Map(
    sorted.map((id, index) => {
      const inCommon = Math.max(...[sorted[index - 1], sorted[index + 1]].map((other) => charactersInCommon(id, other ?? '')));
      return [id, id.slice(0, Math.max(shortest(id), inCommon + 1))];
    }),
  );
  return (id) => short.get(id) ?? id;
}

/** Shortens one id for a terminal. */
export function shortId(printer: Printer, id: string): string {
  return shortIds(printer, [id])(id);
}

/**
 * Server-made ids are random, so eight digits are enough. People know the ids that they chose by the whole name, unless
 * it is very long.
 */
function shortest(id: string): number {
  const made = /^(key_[0-9a-f]{8}|[0-9a-f]{8}(?=-[0-9a-f]{4}-))/.exec(id);
  return made?.[0].length ?? (id.length > 24 ? 20 : id.length);
}

function charactersInCommon(one: string, other: string): number {
  let count = 0;
  while (count < one.length && one[count] === other[count]) count += 1;
  return count;
}
