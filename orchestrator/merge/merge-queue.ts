import { setTimeout as delay } from 'node:timers/promises';
import type { DaemonContext } from '../daemon/context.ts';
import { shortHash } from '../daemon/state-folder.ts';
import { waitForLock } from '../process/file-lock.ts';
import { type ActiveRun, showStep, waitOutPause } from '../run/active-run.ts';
import { landBatch } from './land-batch.ts';
import type { Waiting } from './queue-entry.ts';

/**
 * Where the runs of a daemon wait to land. One batch at a time per base branch and machine: whatever waits when its
 * turn comes is verified in one go, up to `settings.mergeBatch`. Between machines the remote's own compare-and-set
 * decides.
 */
export class MergeQueue {
  readonly #waiting = new Set<Waiting>();
  #nobodyWaits = new AbortController();
  #isAtWork = false;

  /** Comes back when the run has landed, has been sent back, or is no longer ours. */
  async land(run: ActiveRun): Promise<void> {
    if (!(await waitOutPause(run, [run.context.base.pause]))) return;
    showStep(run, 'waiting to merge');
    const { promise, resolve: over, reject: failed } = Promise.withResolvers<void>();
    const waiting: Waiting = { run, over, failed };
    const leave = () => {
      // Once it is part of a batch, the batch says when it is over.
      if (this.#waiting.delete(waiting)) over();
      if (this.#waiting.size === 0) this.#nobodyWaits.abort();
    };
    run.signal.addEventListener('abort', leave);
    this.#waiting.add(waiting);
    if (!this.#isAtWork) void this.#work(run.context);
    await promise.finally(() => run.signal.removeEventListener('abort', leave));
  }

  async #work(context: DaemonContext): Promise<void> {
    this.#isAtWork = true;
    while (this.#waiting.size > 0) {
      try {
        await this.#oneBatch(context);
      } catch (error) {
        for (const one of this.#take(this.#waiting.size)) one.failed(error);
      }
    }
    this.#isAtWork = false;
  }

  async #oneBatch(context: DaemonContext): Promise<void> {
    const { clone, settings, state } = context;
    this.#nobodyWaits = new AbortController();
    const lockFile = `${state.locks}/merge-${shortHash(`${clone.originUrl}\n${settings.baseBranch}`)}.lock`;
    await using lock = await waitForLock(lockFile, this.#nobodyWaits.signal);
    if (lock === null) return;
    await this.#gather(context);
    const batch = this.#take(settings.mergeBatch);
    try {
      await landBatch(context, batch);
      for (const one of batch) one.over();
    } catch (error) {
      for (const one of batch) one.failed(error);
    }
  }

  /**
   * Tasks are often handed over close together: one that came a moment later would else wait for a whole verification
   * of the first alone.
   */
  async #gather({ settings, timings }: DaemonContext): Promise<void> {
    const stop = this.#nobodyWaits.signal;
    for (let before = 0; before < this.#waiting.size && this.#waiting.size < settings.mergeBatch && !stop.aborted; ) {
      before = this.#waiting.size;
      await delay(timings.gatherMs, undefined, { signal: stop }).catch(() => undefined);
    }
  }

  /** The first of those that wait; from here on a batch answers for them. */
  #take(most: number): Waiting[] {
    const taken = [...this.#waiting].slice(0, most);
    for (const one of taken) this.#waiting.delete(one);
    return taken;
  }
}
