import { startTimer } from './timer.ts';

/**
 * Handles a failure of work with a time limit. `isOver` is true when the time was over, false when the caller aborted.
 */
type OnFailure = (cause: unknown, isOver: boolean) => never;

/**
 * Runs work that is aborted after a time, or when the caller's signal is aborted. `AbortSignal.timeout` and
 * `AbortSignal.any` would do the same, but they keep a timer and a signal for the whole time after each call, however
 * short the call was.
 */
export async function withDeadline<T>(
  milliseconds: number,
  caller: AbortSignal | undefined,
  work: (signal: AbortSignal) => Promise<T>,
  onFailure: OnFailure,
): Promise<T> {
  const controller = new AbortController();
  let isOver = false;
  const abort = () => controller.abort(caller?.reason);
  const timer = startTimer(() => {
    isOver = true;
    controller.abort();
  }, milliseconds);
  caller?.addEventListener('abort', abort, { once: true });
  try {
    caller?.throwIfAborted();
    return await work(controller.signal);
  } catch (cause) {
    return onFailure(cause, isOver);
  } finally {
    clearTimeout(timer);
    caller?.removeEventListener('abort', abort);
  }
}
