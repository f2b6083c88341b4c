import type { Compared } from '../measure/compare.ts';
import type { Case, Comparison } from '../measure/comparison.ts';
import type { BenchPostgres } from './bench-postgres.ts';
import type { LargeDatabase } from './large-databases.ts';
import type { Scale } from './scale.ts';

/** What every part is measured on. */
export interface Stage {
  readonly scale: Scale;
  readonly postgres: BenchPostgres;
  /** An empty folder, new at each call. */
  folder(): Promise<string>;
  /** A database with so many tasks in so many organizations; made once. */
  large(tasks: number, organizations: number): Promise<LargeDatabase>;
  /** Measures all ways of a comparison in turns. `rounds` is for what takes long. */
  compare<C extends Case>(comparison: Comparison<C>, rounds?: number): Promise<Compared>;
}
