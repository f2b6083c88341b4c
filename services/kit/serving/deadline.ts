import type { Interceptor } from '@connectrpc/connect';
import { DispatcherError } from './errors.ts';

/** The longest time for a request, except for long polls and streams. */
const deadlineMs = 10_000;

/** Answers `deadline_exceeded` when a unary call takes too long. */
export function deadline(limitMs: (message: unknown) => number = callLimitMs): Interceptor {
  return (next) => async (request) => (request.stream ? await next(request) : await withinDeadline(limitMs(request.message), next(request)));
}

/** How long a call with this message may take: 10 s, plus the time that the call asks to wait. */
export const callLimitMs = (message: unknown): number => deadlineMs + waitMs(message);

/** How long a call asks to wait, in milliseconds, up to the limit of the contract. */
export function waitMs(message: unknown): number {
  const { waitSeconds } = message as { waitSeconds?: unknown };
  return typeof waitSeconds === 'number' && waitSeconds > 0 ? Math.min(waitSeconds, 30) * 1000 : 0;
}

/**
 * Creates one time limit for all steps of a request. Each step returns its result, or fails with `deadline_exceeded`
 * when the limit is over. A step may take `besides` milliseconds more.
 */
export function createDeadline(limitMs = deadlineMs) {
  const end = performance.now() + limitMs;
  return <T>(work: Promise<T>, besidesMs = 0): Promise<T> => withinDeadline(end + besidesMs - performance.now(), work);
}

/** The result of `work`. Rejects with `deadline_exceeded` when it takes longer than `limitMs`. */
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
    'The request took too long, and it is not known whether it had an effect. Repeat it with the same Idempotency-Key.',
  );
