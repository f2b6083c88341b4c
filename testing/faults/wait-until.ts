import { setTimeout as sleep } from 'node:timers/promises';
import { patience } from '../harness/patience.ts';

/**
 * Asks again and again until the answer is yes. Answers how many milliseconds that took, or null after `limitMs`, which
 * is longer on a busy machine. A question that fails counts as no.
 */
export async function waitUntil(limitMs: number, ask: () => Promise<boolean>, intervalMs = 20): Promise<number | null> {
  const start = performance.now();
  for (let spentMs = 0; spentMs < limitMs; ) {
    const asked = performance.now();
    if (await ask().catch(() => false)) return performance.now() - start;
    await sleep(intervalMs);
    spentMs += (performance.now() - asked) / patience();
  }
  return null;
}
