const firstMilliseconds = 250;
const mostMilliseconds = 8_000;
/** A server that asks for more is not waited for: the caller hears of it instead. */
const mostServerSeconds = 60;

/**
 * How long to wait before a repetition, in milliseconds: exponential with full jitter, so that clients that failed together do not return
 * together (AWS, "Exponential Backoff and Jitter"), and never less than the server asks for. Undefined when it asks for too much.
 */
export function retryDelay(repetition: number, retryAfterSeconds: number | null): number | undefined {
  if (retryAfterSeconds !== null && retryAfterSeconds > mostServerSeconds) return undefined;
  const ceiling = Math.min(mostMilliseconds, firstMilliseconds * 2 ** Math.min(repetition, 20));
  return (retryAfterSeconds ?? 0) * 1000 + Math.random() * ceiling;
}

/** Resolves after the time, or rejects with the signal's reason as soon as it is aborted. */
export function sleep(milliseconds: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const abort = () => {
      clearTimeout(timer);
      reject(signal?.reason);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', abort);
      resolve();
    }, milliseconds);
    if (signal?.aborted) abort();
    else signal?.addEventListener('abort', abort, { once: true });
  });
}
