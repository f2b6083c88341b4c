import type { Case, Comparison, Ratio, Sample, Target, Traits, Way } from './comparison.ts';

/** A sample, or the reason why there is none. */
export type Measurement = { readonly way: string; readonly at: string; readonly round: number } & (Sample | { readonly failed: string });

/** The results of a comparison, as they are stored in JSON. */
export interface Compared {
  readonly title: string;
  readonly about: string;
  readonly unit: string;
  readonly cases: readonly string[];
  readonly ways: readonly { readonly name: string; readonly traits?: Traits }[];
  readonly ratios: readonly Ratio[];
  readonly targets: readonly Target[];
  readonly notes: readonly string[];
  readonly measurements: readonly Measurement[];
}

/** Called after each measurement. */
export type Progress = (measurement: Measurement, done: number, of: number, unit: string) => void;

/**
 * Measures all ways in all cases, for this many rounds. The ways take turns within each case of each round, and each
 * round begins with a different way. So a machine that gets slower or faster meanwhile affects all of them alike. When
 * a way fails, that is recorded and the others go on.
 */
export async function compare<C extends Case>(comparison: Comparison<C>, rounds: number, progress: Progress): Promise<Compared> {
  const { title, about, unit, cases, ways, ratios = [], targets = [], notes = [] } = comparison;
  const measurements: Measurement[] = [];
  const all = rounds * cases.length * ways.length;
  let done = 0;
  for (let round = 1; round <= rounds; round++) {
    for (const at of cases) {
      for (const way of [...ways.slice((round - 1) % ways.length), ...ways.slice(0, (round - 1) % ways.length)]) {
        const sample = await attempt(way, at);
        done += 1;
        if (!sample) continue;
        const measurement = { way: way.name, at: at.name, round, ...sample };
        measurements.push(measurement);
        progress(measurement, done, all, unit);
      }
    }
  }
  return {
    title,
    about,
    unit,
    cases: cases.map(({ name }) => name),
    ways: ways.map(({ name, traits }) => ({ name, ...(traits && { traits }) })),
    ratios,
    targets,
    notes,
    measurements,
  };
}

async function attempt<C extends Case>(way: Way<C>, at: C): Promise<Sample | { failed: string } | null> {
  try {
    return await way.measure(at);
  } catch (error) {
    return { failed: error instanceof Error ? error.message : String(error) };
  }
}
