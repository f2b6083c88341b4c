import type { ActiveRun } from '../run/active-run.ts';

/** A run that waits to land. What came of it is in its record when `over` is called; a fault that is not the work's own goes to `failed`. */
export interface Waiting {
  readonly run: ActiveRun;
  over(): void;
  failed(error: unknown): void;
}
