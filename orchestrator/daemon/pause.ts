import { setTimeout as delay } from 'node:timers/promises';

/** The length of the first and of the longest pause. */
export interface PauseLengths {
  readonly firstMs: number;
  readonly longestMs: number;
}

/** Why agents cannot work, and until when. */
export interface Refusal {
  readonly why: string;
  /** Every other agent would fail too, so the pause begins at once. Otherwise it takes two failures in a row. */
  readonly isCertain?: boolean;
  /** When it ends, in milliseconds since 1970, where the model's API said so. */
  readonly until?: number | null;
}

/** The longest wait for an announced end. After it the agents try again. */
const longestKnownMs = 6 * 3_600_000;

/** This many tasks in a row that end the same way, this soon after their start, are a fault of the machine. */
const alike = { tasks: 3, withinMs: 30_000 } as const;

/** Answers when none of the pauses is on any more, or the signal is aborted. */
export async function waitOut(pauses: readonly Pause[], signal: AbortSignal): Promise<void> {
  for (let last = longest(pauses); last !== null && !signal.aborted; last = longest(pauses)) await last.wait(signal);
}

/** The pause that ends last; null when none is on. */
export function longest(pauses: readonly Pause[]): Pause | null {
  const on = pauses.filter(({ current }) => current !== null);
  return on.sort((a, b) => (b.current?.remainingMs ?? 0) - (a.current?.remainingMs ?? 0))[0] ?? null;
}

/**
 * Stops the whole daemon while its agents cannot work. Each further pause is twice as long, unless its end is known. An
 * agent that works ends the series.
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

  /** Why the daemon is paused, and for how long; null when it is not. */
  get current(): { readonly why: string; readonly remainingMs: number } | null {
    const remainingMs = this.#until - performance.now();
    return remainingMs > 0 ? { why: this.#why, remainingMs } : null;
  }

  /** An agent has worked, whatever came of it. */
  worked(): void {
    this.#inARow = 0;
  }

  /**
   * An agent could not work, for a reason that is not the task's. Agents that began before a pause do not make it
   * longer.
   */
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
   * A task ended badly. Answers whether that is a fault of the machine: several tasks in a row ended soon and in the
   * same way.
   */
  isAlike(ending: { readonly task: string; readonly signature: string; readonly tookMs: number }): boolean {
    const { task, signature, tookMs } = ending;
    if (tookMs > alike.withinMs) this.#ending = { signature: '', tasks: new Set() };
    else if (signature === this.#ending.signature) this.#ending.tasks.add(task);
    else this.#ending = { signature, tasks: new Set([task]) };
    return this.#ending.tasks.size >= alike.tasks;
  }

  /** A task ended well, so every series ends. */
  endedWell(): void {
    this.#inARow = 0;
    this.#ending = { signature: '', tasks: new Set() };
  }

  /** Answers when the pause is over, or the signal is aborted. */
  async wait(signal: AbortSignal): Promise<void> {
    for (let pause = this.current; pause !== null && !signal.aborted; pause = this.current) {
      await delay(Math.min(pause.remainingMs, 2 ** 30), undefined, { signal }).catch(() => undefined);
    }
  }
}
