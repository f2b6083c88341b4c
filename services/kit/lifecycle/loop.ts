import { setTimeout as sleep } from 'node:timers/promises';
import type { Log } from '../telemetry/log.ts';

/** A task that a service repeats until it is disposed. */
export interface Loop extends AsyncDisposable {
  /** Runs the next round now instead of at its time. */
  wake(): void;
}

/**
 * Runs `round` every `intervalMs`, and at once again when it answers true or was woken meanwhile. A round that fails
 * is logged and tried again at the next time.
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
