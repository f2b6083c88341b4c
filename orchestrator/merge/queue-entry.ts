import type { ActiveRun } from '../run/active-run.ts';

/**
 * A run that waits to land. When `over` is called, the result is in the run's record. `failed` is called for a fault
 * that is not the work's own.
 */
export interface Waiting {
  readonly run: ActiveRun;
  over(): void;
  failed(error: unknown): void;
}

/** Runs `say` for one run. An error there belongs to this run and does not stop the others. */
export async function judge({ run, over, failed }: Waiting, say: (run: ActiveRun) => Promise<void>): Promise<void> {
  try {
    await say(run);
    over();
  } catch (error) {
    failed(error);
  }
}
