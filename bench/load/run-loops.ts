import { setTimeout as sleep } from 'node:timers/promises';
import type { Run } from '../measure/sample.ts';
import { quantile } from '../report/statistics.ts';
import type { Load } from './driver.ts';

/** One call. Returns the number of operations it did, or 0 when nothing was left to do. */
export type Call = (caller: number) => Promise<number>;

/** Runs one loop for each call in flight, until the time is over, the most calls are made, or nothing is left to do. */
export async function runLoops(call: Call, { inFlight, seconds, mostCalls = Number.POSITIVE_INFINITY, perSecond }: Load): Promise<Run> {
  const times: number[] = [];
  const start = performance.now();
  const end = start + seconds * 1000;
  let [calls, operations, lastAt] = [0, 0, start];
  let hasFailed = false;
  const loop = async (caller: number) => {
    while (!hasFailed && performance.now() < end && calls < mostCalls) {
      calls += 1;
      if (perSecond !== undefined) await sleep(Math.max(0, start + (calls * 1000) / perSecond - performance.now()));
      const calledAt = performance.now();
      const done = await call(caller);
      if (done === 0) return;
      lastAt = performance.now();
      operations += done;
      times.push(lastAt - calledAt);
    }
  };
  const loops = Array.from({ length: inFlight }, async (_, caller) => {
    try {
      await loop(caller);
    } catch (error) {
      hasFailed = true;
      throw error;
    }
  });
  // All calls of a failed run end before the next way is measured.
  const failure = (await Promise.allSettled(loops)).find((each) => each.status === 'rejected');
  if (failure) throw failure.reason;
  return { count: operations, seconds: (lastAt - start) / 1000, p50Ms: quantile(times, 0.5), p99Ms: quantile(times, 0.99) };
}
