import type { Compared } from '../measure/compare.ts';
import type { Case, Comparison } from '../measure/comparison.ts';
import type { BenchPostgres } from './bench-postgres.ts';
import type { LargeDatabase } from './large-databases.ts';
import type { Scale } from './scale.ts';

/** What every part uses for its measurements. */
export interface Stage {
  readonly scale: Scale;
  readonly postgres: BenchPostgres;
  /** Creates a new empty folder at each call. */
  folder(): Promise<string>;
  /** A database with this many tasks in this many organizations. It is created once. */
  large(tasks: number, organizations: number): Promise<LargeDatabase>;
  /** Measures all ways of a comparison in turns. `rounds` sets fewer rounds for slow measurements. */
  compare<C extends Case>(comparison: Comparison<C>, rounds?: number): Promise<Compared>;
}
