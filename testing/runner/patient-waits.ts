import { setTimeout as sleep } from 'node:timers/promises';
import { expect, vi } from 'vitest';
import { patience } from '../harness/patience.ts';

// On a busy machine a wait may last longer: its time limit is stretched by the current load.

const { waitFor } = vi;

vi.waitFor = async (callback, options = {}) => {
  // With fake timers, vitest's own wait moves the clock.
  if (vi.isFakeTimers()) return await waitFor(callback, options);
  const { timeout = 1_000, interval = 50 } = typeof options === 'number' ? { timeout: options } : options;
  for (let spentMs = 0; ; ) {
    const start = performance.now();
    try {
      return await callback();
    } catch (error) {
      if (spentMs > timeout) throw error;
    }
    await sleep(interval);
    spentMs += (performance.now() - start) / patience();
  }
};

const { poll } = expect;

Object.assign(expect, {
  poll: (...[look, options = {}]: Parameters<typeof poll>) => poll(look, { ...options, timeout: (options.timeout ?? 1_000) * patience() }),
});
