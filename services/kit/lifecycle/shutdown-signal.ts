/**
 * Aborted by the first SIGTERM, SIGINT or SIGHUP. A second one ends the process at once, and so does a shutdown that
 * takes too long. npm forwards a Ctrl-C that the terminal has already sent, so signals that come together count as one.
 */
export function createShutdownSignal(): AbortSignal {
  const shutdown = new AbortController();
  let last = Number.NEGATIVE_INFINITY;
  const onSignal = () => {
    const now = performance.now();
    const isSameKeystroke = now - last < keystrokeMs;
    last = now;
    if (isSameKeystroke) return;
    if (shutdown.signal.aborted) process.exit(1);
    shutdown.abort();
    setTimeout(() => process.exit(1), shutdownLimitMs).unref();
  };
  for (const name of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.on(name, onSignal);
  return shutdown.signal;
}

/** Signals of one keystroke are a few milliseconds apart; nobody presses a key twice within this time. */
const keystrokeMs = 500;

/** The services promise to end within 25 s; PostgreSQL follows. */
const shutdownLimitMs = 40_000;
