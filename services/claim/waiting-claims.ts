import type { ClaimFilter } from './sql/claim-next/claim-next-task.ts';

/** A task that may have become available. Fields that are absent match every filter. */
export interface AvailableTask extends Partial<Record<(typeof filterFields)[number], string | null | undefined>> {
  id?: string | undefined;
}

/** A task for which a caller was woken. */
interface Offer {
  readonly task: AvailableTask;
  /** The filters of the callers who were woken for it before and found nothing. */
  readonly tried: ReadonlySet<string>;
}

interface Waiter {
  readonly filter: ClaimFilter;
  /** Callers with equal filters have the same key. */
  readonly filterKey: string;
  /** The task for which it was woken, until it looks for a task. */
  offer: Offer | null;
  /** Wakes the caller. Null while it is awake. */
  wake: (() => void) | null;
}

/** A claim that a waiting caller made. */
interface Claimed {
  readonly task?: { readonly organizationId: string; readonly id: string } | undefined;
}

/**
 * The waiting callers of claim-next, in the order in which they came. A task that becomes available wakes the first
 * caller whose filter it matches. The others sleep on, so a thousand waiting agents cost the database nothing. A woken
 * caller passes the offer on when it takes another task, finds nothing or leaves. So no caller sleeps while there is
 * a task that was offered and that its filter matches.
 */
export class WaitingClaims {
  readonly #waiters = new Set<Waiter>();
  readonly #stopping: AbortSignal;

  /** When `stopping` fires, all callers get the answer that there is no task. */
  constructor(stopping: AbortSignal = new AbortController().signal) {
    this.#stopping = stopping;
    stopping.addEventListener('abort', () => {
      for (const waiter of this.#waiters) waiter.wake?.();
    });
  }

  get size(): number {
    return this.#waiters.size;
  }

  /** The filters of the waiting callers, each once. */
  filters(): ClaimFilter[] {
    return [...new Map([...this.#waiters].map(({ filterKey, filter }) => [filterKey, filter])).values()];
  }

  /** Wakes the first caller whose filter this task matches. */
  offer(task: AvailableTask): void {
    this.#pass({ task, tried: new Set() });
  }

  /**
   * Calls `take` until it returns a claim, `waitSeconds` are over, or the caller leaves. The caller is registered
   * before the first call, so that it misses no task.
   */
  async untilFound<T extends Claimed>(
    filter: ClaimFilter,
    waitSeconds: number,
    signal: AbortSignal,
    take: () => Promise<T | null>,
  ): Promise<T | null> {
    if (waitSeconds === 0) return await take();
    const until = performance.now() + waitSeconds * 1000;
    const waiter: Waiter = { filter, filterKey: JSON.stringify(filter), offer: null, wake: null };
    this.#waiters.add(waiter);
    try {
      while (!signal.aborted) {
        const found = await this.#look(waiter, take);
        if (found !== null || performance.now() >= until || this.#stopping.aborted) return found;
        await sleep(waiter, until - performance.now(), signal);
        if (!waiter.offer && performance.now() >= until) return null;
      }
      return null;
    } finally {
      this.#waiters.delete(waiter);
      // It was woken, and left before it looked.
      if (waiter.offer) this.#pass(waiter.offer);
    }
  }

  async #look<T extends Claimed>(waiter: Waiter, take: () => Promise<T | null>): Promise<T | null> {
    const { offer } = waiter;
    waiter.offer = null;
    try {
      const found = await take();
      if (offer && found === null) this.#pass({ ...offer, tried: new Set([...offer.tried, waiter.filterKey]) });
      else if (offer && !isSame(offer.task, found?.task)) this.#pass(offer);
      return found;
    } catch (thrown) {
      if (offer) this.#pass(offer);
      throw thrown;
    }
  }

  #pass(offer: Offer): void {
    for (const waiter of this.#waiters) {
      if (waiter.offer || offer.tried.has(waiter.filterKey) || !matches(waiter.filter, offer.task)) continue;
      waiter.offer = offer;
      waiter.wake?.();
      return;
    }
  }
}

function matches(filter: ClaimFilter, task: AvailableTask): boolean {
  return filterFields.every((field) => filter[field] === undefined || filter[field] === task[field]);
}

const filterFields = ['organizationId', 'stage', 'owner', 'project', 'milestone', 'layer'] as const;

const isSame = (offered: AvailableTask, claimed: Claimed['task']) => offered.id === claimed?.id && offered.organizationId === claimed?.organizationId;

async function sleep(waiter: Waiter, ms: number, signal: AbortSignal): Promise<void> {
  if (waiter.offer || signal.aborted) return;
  const awake = Promise.withResolvers<void>();
  const timer = setTimeout(awake.resolve, ms);
  signal.addEventListener('abort', () => awake.resolve(), { once: true });
  waiter.wake = awake.resolve;
  await awake.promise;
  waiter.wake = null;
  clearTimeout(timer);
}
