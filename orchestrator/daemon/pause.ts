import { setTimeout as delay } from 'node:timers/promises';

/** How long the first pause lasts and the longest, in milliseconds. */
export interface PauseLengths {
  readonly firstMs: number;
  readonly longestMs: number;
}

/**
 * Stops the whole daemon while its agents cannot work: two in a row that could not start, or said that their quota is used up, begin a pause, and each
 * further one a pause twice as long. One agent that worked ends the series.
 */
export class Pause {
  readonly #lengths: PauseLengths;
  #inARow = 0;
  #until = 0;
  #why = '';

  constructor(lengths: PauseLengths) {
    this.#lengths = lengths;
  }

  /** Why the daemon stands still and until when, by this process's clock; null when it does not. */
  get current(): { readonly why: string; readonly remainingMs: number } | null {
    const remainingMs = this.#until - performance.now();
    return remainingMs > 0 ? { why: this.#why, remainingMs } : null;
  }

  /** An agent did its work, well or badly. */
  worked(): void {
    this.#inARow = 0;
  }

  /** An agent could not work. While a pause lasts, one that had begun before it adds nothing. */
  couldNotWork(why: string): void {
    if (this.current !== null) return;
    this.#inARow += 1;
    if (this.#inARow < 2) return;
    const ms = Math.min(this.#lengths.longestMs, this.#lengths.firstMs * 2 ** (this.#inARow - 2));
    this.#why = why;
    this.#until = performance.now() + ms;
  }

  /** Answers when no pause lasts any more, or the signal came. */
  async wait(signal: AbortSignal): Promise<void> {
    for (let pause = this.current; pause !== null && !signal.aborted; pause = this.current) {
      await delay(pause.remainingMs, undefined, { signal }).catch(() => undefined);
    }
  }
}
