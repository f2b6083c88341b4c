import { availableParallelism, loadavg } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';

/** How often a wait measures the machine, in milliseconds. */
const measureEveryMs = 1_000;

/** The CPU time of one measurement, in milliseconds. */
const measureMs = 5;

/** The highest factor: a machine that is slower than this gets no more time. */
const most = 40;

let measuredAt = Number.NEGATIVE_INFINITY;
let factor = 1;

/**
 * How much longer a test waits than on a quiet machine: 1 when this process gets a core whenever it wants one, more
 * when others compete for the cores. The test's other processes compete too, so the delay counts three times.
 */
export function patience(): number {
  if (performance.now() - measuredAt > measureEveryMs) {
    factor = Math.min(most, 1 + 3 * (Math.max(slowness(), load()) - 1));
    measuredAt = performance.now();
  }
  return factor;
}

/**
 * The number of processes that want a core, per core, over the last minute. It is needed because a short busy loop may
 * get its core at once even on a busy machine.
 */
function load(): number {
  return (loadavg()[0] ?? 0) / availableParallelism();
}

/** Wall time over CPU time of a short busy loop; at least 1. */
function slowness(): number {
  const start = performance.now();
  const { user, system } = process.cpuUsage();
  for (let spent = 0; spent < measureMs * 1_000; ) {
    const now = process.cpuUsage();
    spent = now.user + now.system - user - system;
  }
  return Math.max(1, (performance.now() - start) / measureMs);
}

/** Waits for `work`. Fails after `limitMs`, which is longer on a busy machine. */
export async function within<T>(limitMs: number, work: PromiseLike<T>): Promise<T> {
  const stop = new AbortController();
  const settled = Promise.resolve(work).finally(() => stop.abort());
  settled.catch(() => undefined);
  for (let spentMs = 0; spentMs < limitMs && !stop.signal.aborted; ) {
    const start = performance.now();
    await sleep(Math.min(25, limitMs), undefined, { signal: stop.signal }).catch(() => undefined);
    spentMs += (performance.now() - start) / patience();
  }
  if (!stop.signal.aborted)
    throw new Error(`It took longer than ${limitMs} ms, on a machine that makes tests wait ${patience().toFixed(1)} times as long.`);
  return await settled;
}
