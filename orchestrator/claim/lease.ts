import { setTimeout as delay } from 'node:timers/promises';
import type { Log } from '../log/log.ts';
import { type Dispatcher, standingFromError, wordsFromError } from './dispatcher.ts';

/**
 * Where the claim stands, as the dispatcher last said. `lost`: the task is no longer ours. `ended`: it is done,
 * archived or deleted. `away`: the dispatcher does not answer.
 */
export type LeaseStanding = 'held' | 'lost' | 'ended' | 'away';

/** The claim, and how it is kept alive. */
export interface LeaseOptions {
  readonly dispatcher: Dispatcher;
  readonly taskId: string;
  readonly organizationId: string;
  readonly agent: string;
  readonly claimToken: string;
  readonly leaseSeconds: number;
  readonly heartbeatMs: number;
  readonly log: Log;
  /** Saves the token of a claim that was made again, for a daemon that takes over the run. */
  readonly onNewToken: (claimToken: string) => Promise<void>;
}

/**
 * Keeps one claim alive with heartbeats until it is disposed of. When the dispatcher says that the claim is lost, it
 * tries once to claim the same task again, unless a person holds the task. Only when that fails, `signal` is aborted.
 * While the dispatcher does not answer, the work goes on.
 */
export class Lease implements AsyncDisposable {
  readonly #options: LeaseOptions;
  readonly #over = new AbortController();
  readonly #stop = new AbortController();
  readonly #beating: Promise<void>;
  #token: string;
  #standing: LeaseStanding = 'held';
  #renewing: Promise<LeaseStanding> | undefined;
  #isSettling = false;

  constructor(options: LeaseOptions) {
    this.#options = options;
    this.#token = options.claimToken;
    this.#beating = this.#beat();
  }

  /** Aborted when the task is no longer ours. */
  get signal(): AbortSignal {
    return this.#over.signal;
  }

  /** The claim token, which every call about the claim carries. */
  get token(): string {
    return this.#token;
  }

  /** What the dispatcher last said. */
  get standing(): LeaseStanding {
    return this.#standing;
  }

  /** Sends a heartbeat now, and answers where the claim stands afterwards. */
  renew(): Promise<LeaseStanding> {
    this.#renewing ??= this.#renewOnce().finally(() => {
      this.#renewing = undefined;
    });
    return this.#renewing;
  }

  /**
   * Ends the claim with the call `say`. No heartbeat is sent during that call, and none after the dispatcher has
   * accepted it: a late heartbeat would find the claim gone and make it again.
   */
  async settle(say: () => Promise<unknown>): Promise<void> {
    this.#isSettling = true;
    try {
      await this.#renewing;
      await say();
      this.#stop.abort();
    } finally {
      this.#isSettling = false;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    await this.#beating;
  }

  async #beat(): Promise<void> {
    const { signal } = this.#stop;
    while (!signal.aborted && !this.#over.signal.aborted) {
      await delay(this.#options.heartbeatMs, undefined, { signal }).catch(() => undefined);
      if (!signal.aborted && !this.#isSettling) await this.renew();
    }
  }

  async #renewOnce(): Promise<LeaseStanding> {
    if (this.#over.signal.aborted || this.#stop.signal.aborted) return this.#standing;
    this.#standing = await this.#ask();
    if (this.#standing === 'lost' || this.#standing === 'ended') this.#over.abort(new Error(`The claim is over (${this.#standing})`));
    return this.#standing;
  }

  async #ask(): Promise<LeaseStanding> {
    const { dispatcher, taskId, organizationId, agent, leaseSeconds, log } = this.#options;
    const call = { signal: this.#stop.signal };
    try {
      await dispatcher.heartbeat(taskId, { agent, organization_id: organizationId, claim_token: this.#token }, call);
      return 'held';
    } catch (error) {
      if (this.#stop.signal.aborted) return this.#standing;
      const standing = standingFromError(error);
      log.warn({ why: wordsFromError(error) }, 'a heartbeat was not accepted');
      if (standing !== 'lost') return standing;
    }
    try {
      const task = await dispatcher.get(taskId, { organization_id: organizationId }, call);
      // A person has put the task on hold. A claim by id would take it all the same.
      if (task.data.held) return 'lost';
      const { data } = await dispatcher.claim(taskId, { agent, organization_id: organizationId, lease_seconds: leaseSeconds }, call);
      if (data.claim.claim_token === undefined) return 'lost';
      this.#token = data.claim.claim_token;
      log.info('the lost claim was made again');
    } catch (error) {
      return this.#stop.signal.aborted ? this.#standing : standingFromError(error);
    }
    // The claim counts although the disk is full; it is lost only if the daemon dies now.
    await this.#options.onNewToken(this.#token).catch((error: unknown) => log.error({ err: error }, 'the new claim token could not be written'));
    return 'held';
  }
}
