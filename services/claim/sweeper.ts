import { type Loop, startLoop } from '@dispatcher/kit/lifecycle/loop.ts';
import type { Log } from '@dispatcher/kit/telemetry/log.ts';
import type { ClaimDependencies } from './dependencies.ts';
import { expireClaims, sweepSize } from './sql/expire-claims.ts';
import { readyDueTasks } from './sql/ready-due-tasks.ts';

/** An expired task is back in claim-next within 2 s, so the sweeper looks each second. */
const sweepIntervalMs = 1000;

/**
 * Brings tasks whose lease is over, or whose time has come, back to claim-next. Any number may run; none is needed
 * for a claim to be over.
 */
export function startSweeper({ database: { pool }, maxAttempts, published, waiting }: ClaimDependencies, log: Log): Loop {
  return startLoop('sweeper', sweepIntervalMs, log, async () => {
    const expired = await expireClaims(pool, maxAttempts);
    if (expired > 0) published();
    const due = await readyDueTasks(pool);
    for (const task of due) waiting.offer(task);
    return expired === sweepSize || due.length === sweepSize;
  });
}
