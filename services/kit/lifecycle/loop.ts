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
  let woken = false;
  let endNap: () => void = () => undefined;

  const run = async () => {
    while (!stop.signal.aborted) {
      woken = false;
      const again = await round(stop.signal).catch((err: unknown) => {
        if (!stop.signal.aborted) log.warn({ err, loop: name }, 'a round failed');
        return false;
      });
      if (again || woken) continue;
      const nap = Promise.withResolvers<void>();
      endNap = nap.resolve;
      const timer = setTimeout(endNap, intervalMs);
      await nap.promise;
      clearTimeout(timer);
    }
  };
  const ended = run();
  const wake = () => {
    woken = true;
    endNap();
  };

  return {
    wake,
    async [Symbol.asyncDispose]() {
      stop.abort();
      wake();
      await ended;
    },
  };
}
