/** The signals of one keystroke are a few milliseconds apart. Nobody presses a key twice within this time. */
const keystrokeMs = 500;

/** A signal handler that acts once for each keystroke. npm forwards a Ctrl-C that the terminal has already sent. */
export function oncePerKeystroke(act: () => void): () => void {
  let last = Number.NEGATIVE_INFINITY;
  return () => {
    const now = performance.now();
    const isSameKeystroke = now - last < keystrokeMs;
    last = now;
    if (!isSameKeystroke) act();
  };
}
