// What only programs under Node can use. The rest of the SDK also runs in browsers.
import { constants } from 'node:os';

/** Signals that arrive closer together than this come from one keystroke. */
const oneKeystrokeMilliseconds = 500;

/**
 * For a program that holds claims: aborted by the first SIGINT, SIGTERM or SIGHUP, so that the program can give its tasks back before it ends. The
 * second signal ends the process at once. Ctrl-C under `npm run` arrives twice, some milliseconds apart, because npm passes on what the terminal
 * has already sent; so signals less than half a second apart count as one.
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
