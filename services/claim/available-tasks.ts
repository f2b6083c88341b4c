import { type NumberedEvents, onNumbered } from '@dispatcher/database/events/numbered-events.ts';
import type { EventBus } from '@dispatcher/kit/bus/event-bus.ts';
import { startLoop } from '@dispatcher/kit/lifecycle/loop.ts';
import type { Log } from '@dispatcher/kit/telemetry/log.ts';
import type { ClaimDependencies } from './dependencies.ts';
import { readyFilters } from './sql/claim-next/ready-filters.ts';
import { readyTasks } from './sql/queue/ready-tasks.ts';

/**
 * How often the database is asked for tasks that no message announced. A message may be lost, and another request
 * may lock a task for a moment while a caller looks for it.
 */
const probeIntervalMs = 1000;

/**
 * Offers tasks to the waiting callers of claim-next: the tasks whose events were announced and, each second, one for
 * every filter that has a task. It sends the database nothing while nobody waits.
 */
export function startAvailableTasks(
  { database: { pool }, waiting }: Pick<ClaimDependencies, 'database' | 'waiting'>,
  bus: EventBus,
  log: Log,
): AsyncDisposable {
  let announced: NumberedEvents | null = null;
  let probeAt = 0;
  const loop = startLoop('available tasks', probeIntervalMs, log, async () => {
    if (waiting.size === 0) return false;
    const events = announced;
    announced = null;
    if (events) for (const task of await readyTasks(pool, events)) waiting.offer(task);
    if (performance.now() < probeAt) return false;
    probeAt = performance.now() + probeIntervalMs;
    for (const filter of await readyFilters(pool, waiting.filters())) waiting.offer(filter);
    return false;
  });
  const messages = onNumbered(bus, (events) => {
    if (waiting.size === 0) return;
    announced = announced ? { after: Math.min(announced.after, events.after), upTo: Math.max(announced.upTo, events.upTo) } : events;
    loop.wake();
  });
  return {
    async [Symbol.asyncDispose]() {
      messages[Symbol.dispose]();
      await loop[Symbol.asyncDispose]();
    },
  };
}
