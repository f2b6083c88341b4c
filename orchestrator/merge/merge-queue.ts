import { setTimeout as delay } from 'node:timers/promises';
import type { DaemonContext } from '../daemon/context.ts';
import { shortHash } from '../daemon/state-folder.ts';
import { waitForLock } from '../process/file-lock.ts';
import { type ActiveRun, showStep, waitOutPause } from '../run/active-run.ts';
import { landBatch } from './land-batch.ts';
import type { Waiting } from './queue-entry.ts';

/**
 * The queue of a daemon's runs that wait to land. One batch at a time lands for each base branch and machine. A batch
 * has all runs that wait at its turn, up to `settings.mergeBatch`. Between machines the compare-and-set of the push
 * decides.
 */
export class MergeQueue {
  readonly #waiting = new Set<Waiting>();
  #nobodyWaits = new AbortController();
  #isAtWork = false;

  /** Resolves when the run has landed, was sent back, or is no longer ours. */
  async land(run: ActiveRun): Promise<void> {
    if (!(await waitOutPause(run, [run.context.base.pause]))) return;
    showStep(run, 'waiting to merge');
    const { promise, resolve: over, reject: failed } = Promise.withResolvers<void>();
    const waiting: Waiting = { run, over, failed };
    const leave = () => {
      // A run that is part of a batch ends with the batch.
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
   * Waits a moment for more runs. Tasks are often handed over shortly after each other. Without this the second would
   * wait for a whole verification of the first.
   */
  async #gather({ settings, timings }: DaemonContext): Promise<void> {
    const stop = this.#nobodyWaits.signal;
    for (let before = 0; before < this.#waiting.size && this.#waiting.size < settings.mergeBatch && !stop.aborted; ) {
      before = this.#waiting.size;
      await delay(timings.gatherMs, undefined, { signal: stop }).catch(() => undefined);
    }
  }

  /** Takes the first waiting runs out of the queue. From here on the batch is responsible for them. */
  #take(most: number): Waiting[] {
    const taken = [...this.#waiting].slice(0, most);
    for (const one of taken) this.#waiting.delete(one);
    return taken;
  }
}
