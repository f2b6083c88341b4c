import type { Interceptor } from '@connectrpc/connect';
import { DispatcherError } from './errors.ts';

/** No request lasts longer, long polls and streams apart. */
const deadlineMs = 10_000;

/** Answers `deadline_exceeded` to a unary call that takes longer than it may. */
export function deadline(limitMs: (message: unknown) => number = callLimitMs): Interceptor {
  return (next) => async (request) => (request.stream ? await next(request) : await withinDeadline(limitMs(request.message), next(request)));
}

/** How long a call with this message may take: 10 s, and as long as it asked to be held open besides. */
export const callLimitMs = (message: unknown): number => deadlineMs + waitMs(message);

/** How long a call asked to be held open, in milliseconds, within what any call may ask for. */
export function waitMs(message: unknown): number {
  const { waitSeconds } = message as { waitSeconds?: unknown };
  return typeof waitSeconds === 'number' && waitSeconds > 0 ? Math.min(waitSeconds, 30) * 1000 : 0;
}

/**
 * One time limit for all steps of a request: what each comes to, or `deadline_exceeded` once the limit, and what the
 * step may take `besides`, is over.
 */
export function createDeadline(limitMs = deadlineMs) {
  const end = performance.now() + limitMs;
  return <T>(work: Promise<T>, besidesMs = 0): Promise<T> => withinDeadline(end + besidesMs - performance.now(), work);
}

/** What `work` comes to; rejects with `deadline_exceeded` when that takes longer than `limitMs`. */
export async function withinDeadline<T>(limitMs: number, work: Promise<T>): Promise<T> {
  const timeout = Promise.withResolvers<never>();
  const timer = setTimeout(() => timeout.reject(tooLate()), limitMs);
  try {
    return await Promise.race([work, timeout.promise]);
  } finally {
    clearTimeout(timer);
  }
}

const tooLate = () =>
  new DispatcherError(
    'deadline_exceeded',
    'The request took too long; whether it had an effect is not known. Repeat it with the same Idempotency-Key.',
  );
