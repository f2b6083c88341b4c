import { setTimeout as delay } from 'node:timers/promises';

/** How long the first pause lasts and the longest, in milliseconds. */
export interface PauseLengths {
  readonly firstMs: number;
  readonly longestMs: number;
}

/** Why work is not possible, and what is known of its end. */
export interface Refusal {
  readonly why: string;
  /** Nobody else would fare better: the pause begins at once. Else two in a row begin it. */
  readonly isCertain?: boolean;
  /** When it ends, in milliseconds since 1970, if somebody said so. */
  readonly until?: number | null;
}

/** A reset that is further away is looked for again before that. */
const longestKnownMs = 6 * 3_600_000;

/** How many tasks in a row must end alike, and how soon after their start, to be thought a fault of the machine. */
const alike = { tasks: 3, withinMs: 30_000 } as const;

/**
 * Stops the whole daemon while its agents cannot work. Each pause in a row is twice as long as the one before, unless it is known when it ends. One agent that
 * worked ends the series.
 */
export class Pause {
  readonly #lengths: PauseLengths;
  #inARow = 0;
  #until = 0;
  #why = '';
  #ending = { signature: '', tasks: new Set<string>() };

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

  /** Something could not work that is not the task's. While a pause lasts, one that had begun before it adds nothing. */
  couldNotWork({ why, isCertain = false, until = null }: Refusal): void {
    if (this.current !== null) return;
    this.#inARow = Math.max(this.#inARow + 1, isCertain ? 2 : 1);
    if (this.#inARow < 2) return;
    const doubled = Math.min(this.#lengths.longestMs, this.#lengths.firstMs * 2 ** (this.#inARow - 2));
    const known = until === null ? 0 : Math.min(longestKnownMs, until - Date.now());
    this.#why = why;
    this.#until = performance.now() + Math.max(known, doubled);
  }

  /**
   * A task ended badly. Answers whether that is not the task's fault, whatever the words say: several tasks in a row ended at once in the same way.
   */
  isAlike(ending: { readonly task: string; readonly signature: string; readonly tookMs: number }): boolean {
    const { task, signature, tookMs } = ending;
    if (tookMs > alike.withinMs) this.#ending = { signature: '', tasks: new Set() };
    else if (signature === this.#ending.signature) this.#ending.tasks.add(task);
    else this.#ending = { signature, tasks: new Set([task]) };
    return this.#ending.tasks.size >= alike.tasks;
  }

  /** Something ended well, so no series goes on. */
  endedWell(): void {
    this.#inARow = 0;
    this.#ending = { signature: '', tasks: new Set() };
  }

  /** Answers when no pause lasts any more, or the signal came. */
  async wait(signal: AbortSignal): Promise<void> {
    for (let pause = this.current; pause !== null && !signal.aborted; pause = this.current) {
      await delay(Math.min(pause.remainingMs, 2 ** 30), undefined, { signal }).catch(() => undefined);
    }
  }
}
