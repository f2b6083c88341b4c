import type { Compared, Measurement } from '../measure/compare.ts';
import type { Sample, Target } from '../measure/comparison.ts';
import { type Spread, spreadOf } from './statistics.ts';

type Figure = (sample: Sample) => number | undefined;
type Done = Extract<Measurement, Sample>;

/** The samples of a way in a case. A round in which the way failed has none. */
export function samplesOf({ measurements }: Compared, way: string, at: string): Done[] {
  return measurements.filter((each): each is Done => 'value' in each && each.way === way && each.at === at);
}

/** A figure of a way in a case over all rounds. Null when there is none. */
export function figureOf(compared: Compared, way: string, at: string, figure: Figure = ({ value }) => value): Spread | null {
  return spreadOf(samplesOf(compared, way, at).flatMap((sample) => figure(sample) ?? []));
}

/** The way and the case of a figure. */
interface Cell {
  readonly way: string;
  readonly at: string;
}

/** One figure as a part of another: the ratio in each round, in which the two took turns, over all rounds. */
export function ratioOf(compared: Compared, of: Cell, to: Cell, figure: Figure = ({ value }) => value): Spread | null {
  const others = new Map(samplesOf(compared, to.way, to.at).map((sample) => [sample.round, figure(sample)]));
  const ratios = samplesOf(compared, of.way, of.at).flatMap((sample) => {
    const [part, whole] = [figure(sample), others.get(sample.round)];
    return part === undefined || whole === undefined || whole === 0 ? [] : part / whole;
  });
  return spreadOf(ratios);
}

/** A target, with the measured figure. */
export interface Judged {
  readonly target: Target;
  readonly isRatio: boolean;
  /** The worst figure that the target is about. */
  readonly measured: Spread | null;
  /** Judged by the median. */
  readonly isMet: boolean;
}

/** Judges a comparison by its targets. A target is not met when its figure failed or was not measured. */
export function judge(compared: Compared): Judged[] {
  return compared.targets.map((target) => {
    const { way, at, toWay, toCase, figure = 'value', atLeast, atMost } = target;
    const isRatio = toWay !== undefined || toCase !== undefined;
    const read: Figure = (sample) => sample[figure];
    const spreads = cellsOf(compared, target).flatMap((cell) => {
      const to = { way: toWay ?? cell.way, at: toCase ?? cell.at };
      return (isRatio ? ratioOf(compared, cell, to, read) : figureOf(compared, cell.way, cell.at, read)) ?? [];
    });
    const sorted = spreads.toSorted((a, b) => a.median - b.median);
    const measured = (atLeast === undefined ? sorted.at(-1) : sorted[0]) ?? null;
    const hasFailed = compared.measurements.some((each) => 'failed' in each && (way ?? each.way) === each.way && (at ?? each.at) === each.at);
    const isMet =
      measured !== null && !hasFailed && measured.median >= (atLeast ?? measured.median) && measured.median <= (atMost ?? measured.median);
    return { target, isRatio, measured, isMet };
  });
}

const cellsOf = ({ ways, cases }: Compared, { way, at }: Target): Cell[] =>
  (way === undefined ? ways.map(({ name }) => name) : [way]).flatMap((name) =>
    (at === undefined ? cases : [at]).map((each) => ({ way: name, at: each })),
  );
