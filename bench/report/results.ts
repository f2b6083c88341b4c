import type { Compared } from '../measure/compare.ts';
import type { Machine } from '../measure/machine.ts';

/** What one part came to. */
export interface PartResults {
  readonly name: string;
  /** Of the machine, just before the part. */
  readonly loadAverage: number;
  readonly seconds: number;
  readonly comparisons: readonly Compared[];
}

/** A whole run, as it is kept in `results.json`. */
export interface Results {
  readonly startedAt: string;
  /** Of the repository; null outside of one. */
  readonly commit: string | null;
  readonly isQuick: boolean;
  readonly rounds: number;
  readonly machine: Machine;
  readonly parts: readonly PartResults[];
}
