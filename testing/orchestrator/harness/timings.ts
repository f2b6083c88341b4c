import { defaultTimings, type Timings } from '@dispatcher/orchestrator/daemon/context.ts';

/** Short timings, so that tests do not wait long. */
export const testTimings: Timings = {
  ...defaultTimings,
  leaseSeconds: 30,
  heartbeatMs: 200,
  claimWaitSeconds: 1,
  retryMs: 50,
  adoptMs: 500,
  gatherMs: 200,
  originTries: 3,
  afterResultMs: 1_000,
  pause: { firstMs: 100, longestMs: 400 },
  minimumFreeBytes: 1024 * 1024,
};
