import { type Loop, startLoop } from '@dispatcher/kit/lifecycle/loop.ts';
import type { Log } from '@dispatcher/kit/telemetry/log.ts';
import type { ClaimDependencies } from './dependencies.ts';
import { expireClaims, sweepSize } from './sql/queue/expire-claims.ts';
import { readyDueTasks } from './sql/queue/ready-due-tasks.ts';
import { unblockMissed } from './unblock.ts';

/** Claim-next must return an expired task within 2 s, so the sweeper looks each second. */
const sweepIntervalMs = 1000;

/**
 * Puts tasks whose lease is over, or whose time has come, back in the queue. It also unblocks tasks whose last
 * dependency ended without unblocking them. Any number of sweepers may run. A claim ends at its time even when no
 * sweeper runs.
 */
export function startSweeper(dependencies: ClaimDependencies, log: Log): Loop {
  const {
    database: { pool },
    maxAttempts,
    published,
    waiting,
  } = dependencies;
  return startLoop('sweeper', sweepIntervalMs, log, async () => {
    const expired = await expireClaims(pool, maxAttempts);
    const unblocked = await unblockMissed(dependencies);
    if (expired + unblocked > 0) published();
    const due = await readyDueTasks(pool);
    for (const task of due) waiting.offer(task);
    return expired === sweepSize || due.length === sweepSize;
  });
}
