import { startTimer } from './timer.ts';

/** How work under a deadline ended badly: `isOver` says that the time was over, not the caller's patience. */
type OnFailure = (cause: unknown, isOver: boolean) => never;

/**
 * Does a piece of work that is aborted when the time is over or the caller's signal is aborted. `AbortSignal.timeout` and `AbortSignal.any` would do
 * the same, but keep a timer and a signal for the whole time after each call, however quick it was.
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
