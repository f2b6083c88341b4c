import { unavailable } from '../serving/errors.ts';

/** Lets a few do something costly at once while others, up to a limit, wait their turn. */
export class Semaphore {
  #free: number;
  readonly #queueMax: number;
  readonly #queue = new Set<() => void>();

  constructor(atOnce: number, queueMax = Number.POSITIVE_INFINITY) {
    this.#free = atOnce;
    this.#queueMax = queueMax;
  }

  /**
   * Resolves when it is the caller's turn, which lasts until the answer is disposed. Rejects when too many wait, or
   * when the caller gives up.
   */
  async take(signal: AbortSignal): Promise<Disposable> {
    if (this.#free === 0) await this.#wait(signal);
    else this.#free -= 1;
    return { [Symbol.dispose]: () => this.#pass() };
  }

  async #wait(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    if (this.#queue.size >= this.#queueMax) throw unavailable('Too many others are waiting for the same; try again in a moment.');
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
