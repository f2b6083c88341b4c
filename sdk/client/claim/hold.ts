import { retryDelay, sleep } from '../call/backoff.ts';
import type { CallOptions } from '../call/call.ts';
import { startTimer } from '../call/timer.ts';
import { ConnectionError, RecursivError } from '../errors.ts';
import type { ClaimInput, ClaimNextInput, CompleteInput, HeartbeatInput, HoldInput, ReleaseInput } from '../inputs.ts';
import type { Claim, ClaimedTask, Task } from '../outputs.ts';

/** The methods of `Dispatcher` that a held claim calls. */
interface ClaimCalls {
  claim(id: string, input: ClaimInput, options?: CallOptions): Promise<{ data: ClaimedTask }>;
  claimNext(input: ClaimNextInput, options?: CallOptions): Promise<{ data: ClaimedTask | null }>;
  heartbeat(id: string, input: HeartbeatInput, options?: CallOptions): Promise<{ data: Claim }>;
  complete(id: string, input: CompleteInput, options?: CallOptions): Promise<{ data: Task }>;
  release(id: string, input: ReleaseInput, options?: CallOptions): Promise<{ data: Task }>;
}

/** Claims a task and keeps the claim alive. Null when no task is available. */
export async function holdClaim(calls: ClaimCalls, input: HoldInput, options?: CallOptions): Promise<HeldClaim | null> {
  const { id, agent, lease_seconds, organization_id } = input;
  const { id: _, ...next } = input;
  const sentAt = performance.now();
  const { data } =
    id === undefined ? await calls.claimNext(next, options) : await calls.claim(id, { agent, lease_seconds, organization_id }, options);
  if (data === null) return null;
  if (options?.signal?.aborted) await giveBack(calls, data.claim, options.signal);
  return HeldClaim.begin(calls, data, sentAt);
}

/** Gives a claim back that nobody waits for any more. It does not count as an attempt. */
async function giveBack(calls: ClaimCalls, claim: Claim, { reason }: AbortSignal): Promise<never> {
  const { agent, claim_token, organization_id, task_id } = claim;
  await calls.release(task_id, { agent, claim_token, organization_id, release_reason: 'not_started' }).catch(() => undefined);
  throw reason;
}

/**
 * A claim that renews itself. When it is disposed of (`await using`), the task goes back to the queue unless it was
 * completed or released.
 */
export class HeldClaim implements AsyncDisposable {
  /** The task as it was claimed. */
  readonly task: Task;
  readonly #calls: ClaimCalls;
  readonly #fence: { readonly agent: string; readonly claim_token: string | undefined; readonly organization_id: string };
  readonly #lost = new AbortController();
  readonly #over = new AbortController();
  #claim: Claim;
  #loop: Promise<void> = Promise.resolve();
  #leaseEnd: ReturnType<typeof setTimeout> | undefined;
  #ending = 0;

  private constructor(calls: ClaimCalls, { task, claim }: ClaimedTask, sentAt: number) {
    this.#calls = calls;
    this.task = task;
    this.#claim = claim;
    this.#fence = { agent: claim.agent, claim_token: claim.claim_token, organization_id: claim.organization_id };
    this.#renewed(claim, sentAt);
  }

  /**
   * Starts to renew the claim. A claim whose answer took long is renewed at once, because only the server knows how
   * much time is left.
   */
  static async begin(calls: ClaimCalls, claimed: ClaimedTask, sentAt: number): Promise<HeldClaim> {
    const held = new HeldClaim(calls, claimed, sentAt);
    if (performance.now() - sentAt > leaseMilliseconds(claimed.claim) / 3) await held.#beat();
    held.#loop = held.#renew();
    held.signal.throwIfAborted();
    return held;
  }

  /** The claim at its last accepted heartbeat. */
  get claim(): Claim {
    return this.#claim;
  }

  /**
   * Aborted when the lease is lost, with the error that says so as its reason. `complete` and `release` do not abort
   * it.
   */
  get signal(): AbortSignal {
    return this.#lost.signal;
  }

  /** Ends the claim with the task done. After a temporary failure the claim is still held. */
  complete(input: CompleteInput = {}, options?: CallOptions): Promise<{ data: Task }> {
    return this.#end(() => this.#calls.complete(this.task.id, { ...this.#fence, ...input }, options));
  }

  /** Ends the claim with the task pending again. After a temporary failure the claim is still held. */
  release(input: ReleaseInput = {}, options?: CallOptions): Promise<{ data: Task }> {
    return this.#end(() => this.#calls.release(this.task.id, { ...this.#fence, ...input }, options));
  }

  /** Releases the task if it is still held. If the dispatcher cannot be reached, the lease ends by itself. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.#over.signal.aborted) {
      await this.release().catch((error: unknown) => {
        if (!(error instanceof RecursivError)) throw error;
      });
    }
    this.#stop();
    await this.#loop;
  }

  async #renew(): Promise<void> {
    for (let failures = 0; !this.#over.signal.aborted; ) {
      const third = leaseMilliseconds(this.#claim) / 3;
      const pause = failures === 0 ? third : Math.min(third / 3, retryDelay(failures, null) ?? third);
      await sleep(pause, this.#over.signal).catch(() => undefined);
      if (this.#over.signal.aborted) return;
      failures = (await this.#beat()) ? 0 : failures + 1;
    }
  }

  /** Sends one heartbeat. Its refusal means nothing while the claim is being ended. */
  async #beat(): Promise<boolean> {
    const sentAt = performance.now();
    const timeout = Math.ceil(leaseMilliseconds(this.#claim) / 3);
    try {
      const { data } = await this.#calls.heartbeat(this.task.id, this.#fence, { signal: this.#over.signal, timeout, maxRetries: 0 });
      this.#renewed(data, sentAt);
      return true;
    } catch (error) {
      if (this.#ending === 0 && isLoss(error)) this.#lose(error);
      return false;
    }
  }

  /**
   * On the server, the lease ends no earlier than its length after the request was sent. So the local clock is only a
   * stopwatch.
   */
  #renewed(claim: Claim, sentAt: number): void {
    this.#claim = { ...claim, ...(this.#fence.claim_token === undefined ? {} : { claim_token: this.#fence.claim_token }) };
    clearTimeout(this.#leaseEnd);
    if (this.#over.signal.aborted) return;
    const lease = leaseMilliseconds(claim);
    const timedOut = () => this.#lose(new ConnectionError('timeout', `No heartbeat was accepted for the lease of ${lease / 1000} s.`, undefined));
    this.#leaseEnd = startTimer(timedOut, Math.max(0, sentAt + lease - performance.now()));
  }

  async #end(act: () => Promise<{ data: Task }>): Promise<{ data: Task }> {
    this.#ending += 1;
    try {
      const answer = await act();
      this.#stop();
      return answer;
    } catch (error) {
      if (isLoss(error)) this.#lose(error);
      throw error;
    } finally {
      this.#ending -= 1;
    }
  }

  #lose(reason: unknown): void {
    if (this.#over.signal.aborted) return;
    this.#stop();
    this.#lost.abort(reason);
  }

  #stop(): void {
    clearTimeout(this.#leaseEnd);
    this.#over.abort();
  }
}

const lossCodes: ReadonlySet<string> = new Set(['claim_lost', 'not_claimed', 'already_done', 'archived', 'not_found']);

/** Whether the error says that the claim is over, so that no later heartbeat can be accepted. */
function isLoss(error: unknown): boolean {
  return error instanceof RecursivError && lossCodes.has(error.code);
}

/** Both times come from the database, so the difference is right whatever the local clock says. */
function leaseMilliseconds(claim: Claim): number {
  return Date.parse(claim.expires_at) - Date.parse(claim.last_heartbeat_at);
}
