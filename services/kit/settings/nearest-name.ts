/** The candidate that is most similar to `name`. Undefined when none is similar. */
export function nearestName(name: string, candidates: readonly string[]): string | undefined {
  const near = candidates
    .map((candidate) => ({ candidate, distance: editDistance(name, candidate) }))
    .filter(({ candidate, distance }) => distance <= changesAllowed(candidate) || isLonger(name, candidate) || isLonger(candidate, name))
    .sort((a, b) => a.distance - b.distance);
  return near[0]?.candidate;
}

/** The number of changes at which two names are still similar. A name of one or two letters is similar to none. */
function changesAllowed({ length }: string): number {
  return Math.max(length > 2 ? 1 : 0, Math.floor(length / 4));
}

/** Shorter beginnings match too many names. */
const shortestBeginning = 4;

function isLonger(name: string, other: string): boolean {
  return other.length >= shortestBeginning && name.startsWith(other);
}

/** The number of letters that were added, left out, changed, or swapped with the next one. */
export function editDistance(one: string, other: string): number {
  const rows: number[][] = [Array.from({ length: other.length + 1 }, (_, column) => column)];
  const at = (row: number, column: number) => rows[row]?.[column] ?? Number.POSITIVE_INFINITY;
  for (let row = 1; row <= one.length; row++) {
    rows[row] = [row];
    for (let column = 1; column <= other.length; column++) {
      const changed = at(row - 1, column - 1) + (one[row - 1] === other[column - 1] ? 0 : 1);
      const isSwap = one[row - 1] === other[column - 2] && one[row - 2] === other[column - 1];
      const swapped = isSwap ? at(row - 2, column - 2) + 1 : Number.POSITIVE_INFINITY;
      rows[row]?.push(Math.min(at(row - 1, column) + 1, at(row, column - 1) + 1, changed, swapped));
    }
  }
  return at(one.length, other.length);
}
