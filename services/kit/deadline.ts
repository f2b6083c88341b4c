import type { Interceptor } from '@connectrpc/connect';
import { DispatcherError } from './errors.ts';

/** Answers `deadline_exceeded` after `limitMs`. Streams and calls that say they wait for something (`allowanceMs`) get longer, or no, time. */
export function deadline(limitMs: number, allowanceMs: (message: unknown) => number = () => 0): Interceptor {
  return (next) => async (request) => {
    if (request.stream) return await next(request);
    const timeout = Promise.withResolvers<never>();
    const timer = setTimeout(() => timeout.reject(tooLate()), limitMs + allowanceMs(request.message));
    try {
      return await Promise.race([next(request), timeout.promise]);
    } finally {
      clearTimeout(timer);
    }
  };
}

const tooLate = () =>
  new DispatcherError(
    'deadline_exceeded',
    'The request took too long; whether it had an effect is not known. Repeat it with the same Idempotency-Key.',
  );
