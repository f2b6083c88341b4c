import type { Interceptor } from '@connectrpc/connect';
import { callerKey } from './caller.ts';
import { DispatcherError, unavailable } from './errors.ts';

/** How much one process takes on at once. */
interface AdmissionLimits {
  /** Requests in flight of one key, beyond which it is told to slow down. */
  perKey: number;
  /** Requests in flight in all, beyond which everybody is asked to come back. */
  total: number;
}

/** The limits of the contract: 256 requests in flight per key, then 429; 1,024 per process, then 503. */
const admissionLimits: AdmissionLimits = { perKey: 256, total: 1024 };

/** The limits of calls that wait, and cost nothing while they do. */
const waitingLimits: AdmissionLimits = { perKey: 2048, total: 8192 };

/** Refuses at once what is over the limits, so that load is answered and not queued. Calls for which `waits` holds are counted apart. */
export function admission(waits: (message: unknown) => boolean = () => false): Interceptor {
  const working = createCounter(admissionLimits);
  const waiting = createCounter(waitingLimits);
  return (next) => async (request) => {
    if (request.stream) return await next(request);
    const counter = waits(request.message) ? waiting : working;
    const key = request.contextValues.get(callerKey).keyId ?? 'admin';
    counter.enter(key);
    try {
      return await next(request);
    } finally {
      counter.leave(key);
    }
  };
}

function createCounter(limits: AdmissionLimits) {
  const byKey = new Map<string, number>();
  let total = 0;
  return {
    enter(key: string): void {
      const mine = byKey.get(key) ?? 0;
      if (mine >= limits.perKey) throw tooMany(limits.perKey);
      if (total >= limits.total) throw unavailable('The server is at its limit; try again in a moment.');
      byKey.set(key, mine + 1);
      total += 1;
    },
    leave(key: string): void {
      const mine = (byKey.get(key) ?? 1) - 1;
      if (mine === 0) byKey.delete(key);
      else byKey.set(key, mine);
      total -= 1;
    },
  };
}

function tooMany(limit: number): DispatcherError {
  return new DispatcherError('rate_limited', `This key has ${limit} requests in flight, which is the limit; wait for some to end.`, {
    retry_after_seconds: '1',
  });
}
