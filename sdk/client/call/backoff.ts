import { startTimer } from './timer.ts';

const firstMilliseconds = 250;
const mostMilliseconds = 8_000;
/** The longest pause that a server can ask for. */
export const mostServerSeconds = 60;

/**
 * How long to wait before a retry, in milliseconds. The pause grows exponentially with full jitter, so that clients
 * that failed together do not return together (AWS, "Exponential Backoff and Jitter"). It is never shorter than the
 * server asks for. Undefined when the server asks for more than a minute: the caller gets the error instead.
 */
export function retryDelay(repetition: number, retryAfterSeconds: number | null): number | undefined {
  if (retryAfterSeconds !== null && retryAfterSeconds > mostServerSeconds) return undefined;
  const ceiling = Math.min(mostMilliseconds, firstMilliseconds * 2 ** Math.min(repetition, 20));
  return (retryAfterSeconds ?? 0) * 1000 + Math.random() * ceiling;
}

/** Resolves after the time, or rejects with the signal's reason when the signal is aborted. */
export function sleep(milliseconds: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const abort = () => {
      clearTimeout(timer);
      reject(signal?.reason);
    };
    const timer = startTimer(() => {
      signal?.removeEventListener('abort', abort);
      resolve();
    }, milliseconds);
    if (signal?.aborted) abort();
    else signal?.addEventListener('abort', abort, { once: true });
  });
}
