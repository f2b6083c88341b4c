// Only for programs under Node. The rest of the SDK also runs in browsers.
import { constants } from 'node:os';

/** Signals that are closer together than this come from one keystroke. */
const oneKeystrokeMilliseconds = 500;

/**
 * A signal for programs that hold claims. The first SIGINT, SIGTERM or SIGHUP aborts it, so that the program can give
 * its tasks back before it ends. The second ends the process at once. Ctrl-C under `npm run` arrives twice within
 * milliseconds, because npm passes on what the terminal has already sent. So signals less than half a second apart
 * count as one.
 */
export function createStopSignal(): AbortSignal {
  const stop = new AbortController();
  let lastKeystroke = Number.NEGATIVE_INFINITY;
  const onSignal = (name: NodeJS.Signals) => {
    const now = performance.now();
    if (now - lastKeystroke < oneKeystrokeMilliseconds) return;
    lastKeystroke = now;
    if (stop.signal.aborted) process.exit(128 + constants.signals[name]);
    stop.abort(new Error(`Stopped by ${name}.`));
  };
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, onSignal);
  return stop.signal;
}
