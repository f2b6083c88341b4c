import type { Pool } from '@dispatcher/database/connection/pool.ts';
import { type Loop, startLoop } from '@dispatcher/kit/lifecycle/loop.ts';
import type { Log } from '@dispatcher/kit/telemetry/log.ts';
import { forgetCounts, forgetPositions, forgetSize, forgetTasks } from './sql/forget.ts';

/** How long things are kept, in days. */
export interface Retention {
  /** Positions. A stream can resume from these. */
  positionDays: number;
  /** Done and archived tasks with their events, counted from the last change. At least as long as positions. */
  taskDays: number;
}

/** How often retention looks. Nothing is urgent. */
const lookIntervalMs = 60_000;

/** Deletes what is older than its retention, in small batches. Any number of processes may run it. */
export function startRetention(pool: Pool, { positionDays, taskDays }: Retention, log: Log): Loop {
  return startLoop('retention', lookIntervalMs, log, async () => {
    const positions = await forgetPositions(pool, positionDays);
    const tasks = await forgetTasks(pool, Math.max(taskDays, positionDays));
    const counts = await forgetCounts(pool);
    return [positions, tasks, counts].includes(forgetSize);
  });
}
