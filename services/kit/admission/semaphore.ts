import { unavailable } from '../serving/errors.ts';

/** Lets a few callers do something costly at the same time. Others wait their turn, up to a limit. */
export class Semaphore {
  #free: number;
  readonly #queueMax: number;
  readonly #queue = new Set<() => void>();

  constructor(atOnce: number, queueMax = Number.POSITIVE_INFINITY) {
    this.#free = atOnce;
    this.#queueMax = queueMax;
  }

  /**
   * Resolves when it is the caller's turn. The turn lasts until the result is disposed. Rejects when too many callers
   * wait, or when this caller gives up.
   */
  async take(signal: AbortSignal): Promise<Disposable> {
    if (this.#free === 0) await this.#wait(signal);
    else this.#free -= 1;
    return { [Symbol.dispose]: () => this.#pass() };
  }

  async #wait(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    if (this.#queue.size >= this.#queueMax) throw unavailable('Too many callers wait for the same. Try again in a moment.');
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const giveUp = () => {
      this.#queue.delete(resolve);
      reject(unavailable('The wait was given up.', signal.reason));
    };
    this.#queue.add(resolve);
    signal.addEventListener('abort', giveUp, { once: true });
    await promise;
    signal.removeEventListener('abort', giveUp);
  }

  #pass(): void {
    const [next] = this.#queue;
    if (!next) {
      this.#free += 1;
      return;
    }
    this.#queue.delete(next);
    next();
  }
}
