import type { Interceptor } from '@connectrpc/connect';
import { callerKey } from '../auth/caller.ts';
import { DispatcherError, unavailable } from '../serving/errors.ts';

/**
 * Refuses at once what is over the limits, so that load is answered and not queued. Calls for which `waits` holds are
 * counted apart, and so are streams.
 */
export function admission(waits: (message: unknown) => boolean = () => false): Interceptor {
  const working = createAdmissions(workLimits);
  const waiting = createAdmissions(waitLimits);
  const streaming = createAdmissions(streamLimits);
  return (next) => async (request) => {
    const key = request.contextValues.get(callerKey).keyId;
    if (!request.stream) {
      using _admitted = (waits(request.message) ? waiting : working).admit(key);
      return await next(request);
    }
    const admitted = streaming.admit(key);
    const leave = () => admitted[Symbol.dispose]();
    // A stream that nobody begins to read is never finished either; its caller's leaving is all that is heard of it.
    request.signal.addEventListener('abort', leave, { once: true });
    try {
      const response = await next(request);
      return response.stream ? { ...response, message: untilRead(response.message, leave) } : response;
    } catch (thrown) {
      leave();
      throw thrown;
    }
  };
}

/** How much one process takes on at once. */
export interface AdmissionLimits {
  /** Of one key, beyond which it is told to slow down. */
  perKey: number;
  /** In all, beyond which everybody is asked to come back. */
  total: number;
  /** What is counted, in the plural. */
  of: string;
}

/** The limits of the contract: 256 requests in flight per key, then 429; 1,024 per process, then 503. */
export const workLimits: AdmissionLimits = { perKey: 256, total: 1024, of: 'requests in flight' };

/** The limits of calls that wait, and cost nothing while they do. */
const waitLimits: AdmissionLimits = { perKey: 2048, total: 8192, of: 'waiting requests' };

/** The limits of calls without a key, which all count as one caller's. */
export const openLimits: AdmissionLimits = { perKey: 256, total: 256, of: 'calls without a key' };

/** The limits of event streams. */
export const streamLimits: AdmissionLimits = { perKey: 2048, total: 4096, of: 'open streams' };

/** Counts what is going on. */
export interface Admissions {
  /** Lets one more in until the answer is disposed, or throws a 429 or a 503. `keyId` is null for the admin's. */
  admit(keyId: string | null): Disposable;
}

/** Counts from zero. */
export function createAdmissions(limits: AdmissionLimits): Admissions {
  const byKey = new Map<string | null, number>();
  let total = 0;
  const leave = (key: string | null) => {
    const mine = (byKey.get(key) ?? 1) - 1;
    if (mine === 0) byKey.delete(key);
    else byKey.set(key, mine);
    total -= 1;
  };
  return {
    admit(key) {
      const mine = byKey.get(key) ?? 0;
      if (mine >= limits.perKey) throw tooMany(limits);
      if (total >= limits.total) throw unavailable(`The server has as many ${limits.of} as it can hold; try again in a moment.`);
      byKey.set(key, mine + 1);
      total += 1;
      let isIn = true;
      return {
        [Symbol.dispose]() {
          if (isIn) leave(key);
          isIn = false;
        },
      };
    },
  };
}

function tooMany({ perKey, of }: AdmissionLimits): DispatcherError {
  return new DispatcherError('rate_limited', `This key has ${perKey} ${of}, which is the limit; wait for some to end.`, {
    retry_after_seconds: '1',
  });
}

async function* untilRead<T>(messages: AsyncIterable<T>, leave: () => void): AsyncIterable<T> {
  try {
    yield* messages;
  } finally {
    leave();
  }
}
