import type { ClaimFilter } from './sql/claim-next-task.ts';
import type { Queue } from './sql/ready-queues.ts';

/** What is known of a task that may just have become available. What is undefined is not known, and matches. */
export interface AvailableTask {
  organizationId?: string | undefined;
  stage?: string | undefined;
  owner?: string | undefined;
  milestone?: string | undefined;
  layer?: string | undefined;
}

interface Waiter {
  readonly filter: ClaimFilter;
  /** Set while it sleeps; called to wake it. */
  wake: (() => void) | null;
  /** Whether it was woken for a task that it has not looked for yet. */
  called: boolean;
}

/**
 * The callers of claim-next that wait, in the order they came. A task that becomes available wakes the first whose filter it matches and leaves
 * the others asleep, so that a thousand waiting agents cost the database nothing.
 */
export class WaitingClaims {
  readonly #waiters = new Set<Waiter>();
  readonly #stopping: AbortSignal;

  /** When `stopping` fires, everybody is answered that there is nothing. */
  constructor(stopping: AbortSignal = new AbortController().signal) {
    this.#stopping = stopping;
    stopping.addEventListener('abort', () => {
      for (const waiter of this.#waiters) waiter.wake?.();
    });
  }

  get size(): number {
    return this.#waiters.size;
  }

  /** The queues that somebody waits for, each once. */
  queues(): Queue[] {
    const queues = [...this.#waiters].map(({ filter: { organizationId, stage } }) => ({ organizationId, stage }));
    return [...new Map(queues.map((queue) => [`${queue.stage} ${queue.organizationId ?? ''}`, queue])).values()];
  }

  /** Wakes the first who could use this task. */
  offer(task: AvailableTask): void {
    for (const waiter of this.#waiters) {
      if (waiter.called || !matches(waiter.filter, task)) continue;
      waiter.called = true;
      waiter.wake?.();
      return;
    }
  }

  /** Wakes, of those who wait for this queue, the first with each filter: some task is there, but it is not known for whom. */
  offerToEachFilter(queue: Queue): void {
    const woken = new Set<string>();
    for (const waiter of this.#waiters) {
      const { organizationId, stage } = waiter.filter;
      const filter = JSON.stringify(waiter.filter);
      if (organizationId !== queue.organizationId || stage !== queue.stage || woken.has(filter)) continue;
      woken.add(filter);
      waiter.called = true;
      waiter.wake?.();
    }
  }

  /** Tries `take` until it answers something, `waitSeconds` are over or the caller left. Registered before the first look, so that no task slips in between. */
  async untilFound<T>(filter: ClaimFilter, waitSeconds: number, signal: AbortSignal, take: () => Promise<T | null>): Promise<T | null> {
    if (waitSeconds === 0) return await take();
    const until = performance.now() + waitSeconds * 1000;
    const waiter: Waiter = { filter, wake: null, called: false };
    this.#waiters.add(waiter);
    try {
      while (!signal.aborted) {
        waiter.called = false;
        const found = await take().catch((thrown: unknown) => {
          // It failed to look, so it may have been called in vain.
          waiter.called = true;
          throw thrown;
        });
        if (found !== null || performance.now() >= until || this.#stopping.aborted) return found;
        await sleep(waiter, until - performance.now(), signal);
        if (!waiter.called && performance.now() >= until) return null;
      }
      return null;
    } finally {
      this.#waiters.delete(waiter);
      // Called, and gone before it looked: the task is the next one's.
      if (waiter.called) this.offer(filter);
    }
  }
}

function matches(filter: ClaimFilter, task: AvailableTask): boolean {
  return filterFields.every((field) => filter[field] === undefined || task[field] === undefined || filter[field] === task[field]);
}

const filterFields = ['organizationId', 'stage', 'owner', 'milestone', 'layer'] as const;

async function sleep(waiter: Waiter, ms: number, signal: AbortSignal): Promise<void> {
  if (waiter.called || signal.aborted) return;
  const awake = Promise.withResolvers<void>();
  const timer = setTimeout(awake.resolve, ms);
  signal.addEventListener('abort', () => awake.resolve(), { once: true });
  waiter.wake = awake.resolve;
  await awake.promise;
  waiter.wake = null;
  clearTimeout(timer);
}
