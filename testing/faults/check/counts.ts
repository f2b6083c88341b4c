/** The three maps of `/stats`. */
export type Counts = Readonly<Record<'byStatus' | 'byOwner' | 'byLayer', Readonly<Record<string, number>>>>;

/** The differences between `/stats` and a full count. A count of 0 may be left out. */
export function differentCounts(scope: string, told: Counts, counted: Counts): string[] {
  return (['byStatus', 'byOwner', 'byLayer'] as const).flatMap((dimension) => {
    const names = new Set([...Object.keys(told[dimension]), ...Object.keys(counted[dimension])]);
    return [...names]
      .filter((name) => (told[dimension][name] ?? 0) !== (counted[dimension][name] ?? 0))
      .map(
        (name) => `/stats of ${scope} says ${told[dimension][name] ?? 0} for ${dimension} ${name}, and there are ${counted[dimension][name] ?? 0}`,
      );
  });
}
