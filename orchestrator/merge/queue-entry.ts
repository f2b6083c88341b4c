import type { ActiveRun } from '../run/active-run.ts';

/**
 * A run that waits to land. What came of it is in its record when `over` is called; a fault that is not the work's
 * own goes to `failed`.
 */
export interface Waiting {
  readonly run: ActiveRun;
  over(): void;
  failed(error: unknown): void;
}

/** Says what came of one run. What goes wrong with it is its own, and keeps none of its companions. */
export async function judge({ run, over, failed }: Waiting, say: (run: ActiveRun) => Promise<void>): Promise<void> {
  try {
    await say(run);
    over();
  } catch (error) {
    failed(error);
  }
}
