import type { Dispatcher, HeldClaim, HoldInput } from '@recursiv/sdk';

/** The claim is renewed here, so the lease can be short: the task is free soon after this machine has failed. */
const leaseSeconds = 300;

/**
 * The claims made through this server. Each is kept alive until it is completed, released or lost, or the client goes
 * away.
 */
export class HeldClaims implements AsyncDisposable {
  readonly #dispatcher: Dispatcher;
  readonly #held = new Set<HeldClaim>();
  #isClosed = false;

  constructor(dispatcher: Dispatcher) {
    this.#dispatcher = dispatcher;
  }

  /** Claims a task and keeps the claim alive. Null when there is none. */
  async hold(input: HoldInput, signal: AbortSignal): Promise<HeldClaim | null> {
    const held = await this.#dispatcher.hold({ ...input, lease_seconds: leaseSeconds }, { signal });
    if (held === null) return null;
    // The client went away before the answer came.
    if (this.#isClosed) await held[Symbol.asyncDispose]();
    this.#held.add(held);
    held.signal.addEventListener('abort', () => this.#held.delete(held), { once: true });
    return held;
  }

  /** The claim on a task. None when another agent is named, or when the id is claimed in several organizations. */
  find(taskId: string, agent: string | undefined): HeldClaim | undefined {
    const found = [...this.#held].filter(({ task, claim }) => task.id === taskId && (agent === undefined || agent === claim.agent));
    return found.length === 1 ? found[0] : undefined;
  }

  /** Forgets a claim that was completed or released. */
  forget(held: HeldClaim): void {
    this.#held.delete(held);
  }

  /** Gives every task back. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosed = true;
    await Promise.all([...this.#held].map((held) => held[Symbol.asyncDispose]()));
    this.#held.clear();
  }
}
