import type { Compared } from '../measure/compare.ts';
import type { Stage } from '../stage/stage.ts';

/** One part of the benchmark: what `npm run bench -- <name>` runs. */
export interface Part {
  readonly name: string;
  /** One line, for `--list`. */
  readonly about: string;
  run(stage: Stage): Promise<Compared[]>;
}
