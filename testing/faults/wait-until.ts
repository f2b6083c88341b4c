import { setTimeout as sleep } from 'node:timers/promises';

/** Asks until the answer is yes, for `limitMs` at most; answers how many milliseconds it took, or null when time ran out. A question that fails counts as no. */
export async function waitUntil(limitMs: number, ask: () => Promise<boolean>, intervalMs = 20): Promise<number | null> {
  const start = performance.now();
  while (performance.now() - start < limitMs) {
    if (await ask().catch(() => false)) return performance.now() - start;
    await sleep(intervalMs);
  }
  return null;
}
