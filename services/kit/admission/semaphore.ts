import { unavailable } from '../serving/errors.ts';

/** What a semaphore has, and what it keeps. */
export interface SemaphoreLimits {
  /** What all callers together may hold. */
  readonly total: number;
  /** A part of the total. Within this part an organization may hold no more than what is left, and nothing at first. */
  readonly kept?: number;
  /** How many callers may wait. */
  readonly queueMax?: number;
}

/** A caller's turn. It lasts until it is disposed. */
export interface Turn extends Disposable {
  /** Gives a part back, or takes more, so that the turn holds `weight` from now on. Does nothing after the end. */
  keep(weight: number): void;
}

/** A caller that waits, and what it wants. */
interface Waiting {
  readonly weight: number;
  readonly resolve: (turn: Turn) => void;
}

/**
 * Lets a few callers do something costly at the same time. Others wait. Organizations take turns, and each has its own
 * queue, so that an organization with many callers does not make others wait for all of them.
 */
export class Semaphore {
  readonly #kept: number;
  readonly #queueMax: number;
  readonly #held = new Map<string, number>();
  /** The organization whose turn is next is the first. */
  readonly #queues = new Map<string, Set<Waiting>>();
  #free: number;
  #waiting = 0;

  constructor({ total, kept = 0, queueMax = Number.POSITIVE_INFINITY }: SemaphoreLimits) {
    this.#free = total;
    this.#kept = kept;
    this.#queueMax = queueMax;
  }

  /** The caller's turn, if it can begin at once. */
  tryTake(organization: string, weight = 1): Turn | undefined {
    return this.#queues.has(organization) || !this.#fits(organization, weight) ? undefined : this.#begin(organization, weight);
  }

  /** Resolves when it is the caller's turn. Rejects when too many callers wait, or when this caller gives up. */
  async take(signal: AbortSignal, organization: string, weight = 1): Promise<Turn> {
    const turn = this.tryTake(organization, weight);
    if (turn) return turn;
    signal.throwIfAborted();
    if (this.#waiting >= this.#queueMax) throw unavailable('Too many callers wait for the same. Try again in a moment.');
    const { promise, resolve, reject } = Promise.withResolvers<Turn>();
    const queue = this.#queues.get(organization) ?? new Set();
    const waiting = { weight, resolve };
    this.#queues.set(organization, queue.add(waiting));
    this.#waiting += 1;
    const giveUp = () => {
      this.#remove(organization, queue, waiting);
      reject(unavailable('The wait was given up.', signal.reason));
    };
    signal.addEventListener('abort', giveUp, { once: true });
    try {
      return await promise;
    } finally {
      signal.removeEventListener('abort', giveUp);
    }
  }

  #fits(organization: string, weight: number): boolean {
    const left = this.#free - weight;
    return left >= this.#kept || (left >= 0 && (this.#held.get(organization) ?? 0) + weight <= this.#free);
  }

  #begin(organization: string, weight: number): Turn {
    let holds = 0;
    let isOver = false;
    const keep = (next: number) => {
      if (isOver) return;
      this.#hold(organization, next - holds);
      const hasRoom = next < holds;
      holds = next;
      if (hasRoom) this.#beginOthers();
    };
    keep(weight);
    return {
      keep,
      [Symbol.dispose]() {
        keep(0);
        isOver = true;
      },
    };
  }

  #hold(organization: string, more: number): void {
    this.#free -= more;
    const held = (this.#held.get(organization) ?? 0) + more;
    if (held === 0) this.#held.delete(organization);
    else this.#held.set(organization, held);
  }

  /** Begins the turns that now fit, one of each organization after the other. */
  #beginOthers(): void {
    // A queue that is put back at the end of the map is visited again by this loop.
    for (const [organization, queue] of this.#queues) {
      const [next] = queue;
      if (!next || !this.#fits(organization, next.weight)) continue;
      this.#remove(organization, queue, next);
      if (queue.size > 0) {
        this.#queues.delete(organization);
        this.#queues.set(organization, queue);
      }
      next.resolve(this.#begin(organization, next.weight));
    }
  }

  #remove(organization: string, queue: Set<Waiting>, waiting: Waiting): void {
    if (!queue.delete(waiting)) return;
    this.#waiting -= 1;
    if (queue.size === 0) this.#queues.delete(organization);
  }
}
