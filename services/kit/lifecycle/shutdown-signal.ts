import { oncePerKeystroke } from './once-per-keystroke.ts';

/**
 * Aborted by the first SIGTERM, SIGINT or SIGHUP. A second one ends the process at once, and so does a shutdown that
 * takes too long. npm forwards a Ctrl-C that the terminal has already sent, so signals that come together count as one.
 */
export function createShutdownSignal(): AbortSignal {
  const shutdown = new AbortController();
  const onSignal = oncePerKeystroke(() => {
    if (shutdown.signal.aborted) process.exit(1);
    shutdown.abort();
    setTimeout(breakOff, shutdownLimitMs).unref();
  });
  for (const name of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.on(name, onSignal);
  return shutdown.signal;
}

/** The documented limit is 25 s for every process. */
const shutdownLimitMs = 23_000;

function breakOff(): void {
  process.stderr.write(`The stop was not finished after ${shutdownLimitMs / 1000} s and is broken off.\n`);
  process.exit(1);
}
