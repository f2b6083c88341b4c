import type { Compared } from '../measure/compare.ts';
import type { Machine } from '../measure/machine.ts';

/** The results of one part. */
export interface PartResults {
  readonly name: string;
  /** The load average of the machine, just before the part. */
  readonly loadAverage: number;
  readonly seconds: number;
  readonly comparisons: readonly Compared[];
}

/** A whole run, as it is stored in `results.json`. */
export interface Results {
  readonly startedAt: string;
  /** The commit of the repository. Null outside of a repository. */
  readonly commit: string | null;
  readonly isQuick: boolean;
  readonly rounds: number;
  readonly machine: Machine;
  readonly parts: readonly PartResults[];
}
