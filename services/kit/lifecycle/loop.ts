import { setTimeout as sleep } from 'node:timers/promises';
import type { Log } from '../telemetry/log.ts';

/** Work that a service repeats until the loop is disposed. */
export interface Loop extends AsyncDisposable {
  /** Runs the next round now instead of at its time. */
  wake(): void;
}

/**
 * Runs `round` every `intervalMs`. Runs it again at once when it returns true or the loop was woken meanwhile. A failed
 * round is logged, and the next round comes at its time.
 */
export function startLoop(name: string, intervalMs: number, log: Log, round: (signal: AbortSignal) => Promise<boolean>): Loop {
  const stop = new AbortController();
  let nap = new AbortController();
  let woken = false;

  const run = async () => {
    while (!stop.signal.aborted) {
      woken = false;
      const again = await round(stop.signal).catch((err: unknown) => {
        if (!stop.signal.aborted) log.warn({ err, loop: name }, 'a round failed');
        return false;
      });
      if (again || woken) continue;
      nap = new AbortController();
      await sleep(intervalMs, undefined, { signal: AbortSignal.any([stop.signal, nap.signal]) }).catch(() => undefined);
    }
  };
  const ended = run();

  return {
    wake() {
      woken = true;
      nap.abort();
    },
    async [Symbol.asyncDispose]() {
      stop.abort();
      await ended;
    },
  };
}
