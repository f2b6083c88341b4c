import type { Interceptor } from '@connectrpc/connect';
import { type Caller, callerKey } from '../auth/caller.ts';
import { DispatcherError, unavailable } from '../serving/errors.ts';
import { onBehalfOf } from './on-behalf-of.ts';

/**
 * Refuses calls over the limits at once, so that no queue builds up. Calls for which `waits` returns true are counted
 * separately, and so are streams.
 */
export function admission(waits: (message: unknown) => boolean = () => false): Interceptor {
  const working = createAdmissions(workLimits);
  const waiting = createAdmissions(waitLimits);
  const streaming = createAdmissions(streamLimits);
  return (next) => async (request) => {
    const caller = request.contextValues.get(callerKey);
    if (!request.stream) {
      using _admitted = (waits(request.message) ? waiting : working).admit(caller);
      return await onBehalfOf(caller, () => next(request));
    }
    const admitted = streaming.admit(caller);
    const leave = () => admitted[Symbol.dispose]();
    // A stream that nobody begins to read never finishes. Its only end is that its caller leaves.
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

/** The limits of one process. */
export interface AdmissionLimits {
  /** The limit for one key. Beyond it the answer is 429. */
  perKey: number;
  /**
   * The limit in all. Beyond it the answer is 503. The last quarter is kept for organizations that use little: there,
   * an organization may hold no more slots than are left.
   */
  total: number;
  /** What is counted, in the plural. */
  of: string;
}

/**
 * The limits of the contract: 256 requests in flight per key, then 429; 1,024 per process, then 503. One organization
 * gets 768 of those, however many keys it has.
 */
export const workLimits: AdmissionLimits = { perKey: 256, total: 1024, of: 'requests in flight' };

/** The limits of calls that wait for a task. They cost nothing while they wait. */
const waitLimits: AdmissionLimits = { perKey: 2048, total: 8192, of: 'waiting requests' };

/** The limits of event streams. */
export const streamLimits: AdmissionLimits = { perKey: 2048, total: 4096, of: 'open streams' };

/** Counts the calls or streams that run now. */
export interface Admissions {
  /** Counts one more until the result is disposed. Throws a 429 or a 503 when there are too many. */
  admit(caller: Pick<Caller, 'keyId' | 'organizationId'>): Disposable;
}

/** Creates counters that start at zero. */
export function createAdmissions(limits: AdmissionLimits): Admissions {
  const byKey = new Counts();
  const byOrganization = new Counts();
  let total = 0;
  return {
    admit({ keyId, organizationId }) {
      const left = limits.total - total;
      if (byKey.of(keyId) >= limits.perKey) throw tooManyOfKey(limits);
      if (left <= 0) throw unavailable(`The server has as many ${limits.of} as it can hold. Try again in a moment.`);
      if (left <= limits.total / 4 && byOrganization.of(organizationId) >= left) throw tooManyOfOrganization(limits);
      byKey.add(keyId, 1);
      byOrganization.add(organizationId, 1);
      total += 1;
      let isIn = true;
      return {
        [Symbol.dispose]() {
          if (!isIn) return;
          isIn = false;
          byKey.add(keyId, -1);
          byOrganization.add(organizationId, -1);
          total -= 1;
        },
      };
    },
  };
}

/** The number under each name. Null is the admin. A count of 0 takes no memory. */
class Counts {
  readonly #counts = new Map<string | null, number>();

  of(name: string | null): number {
    return this.#counts.get(name) ?? 0;
  }

  add(name: string | null, more: number): void {
    const count = this.of(name) + more;
    if (count === 0) this.#counts.delete(name);
    else this.#counts.set(name, count);
  }
}

function tooManyOfKey({ perKey, of }: AdmissionLimits): DispatcherError {
  return tooMany(`This key has ${perKey} ${of}, which is the limit. Wait for some to end.`);
}

function tooManyOfOrganization({ of }: AdmissionLimits): DispatcherError {
  return tooMany(`The keys of your organization have many ${of}, and the rest is kept for other organizations. Wait for some to end.`);
}

function tooMany(sentence: string): DispatcherError {
  return new DispatcherError('rate_limited', sentence, { retry_after_seconds: '1' });
}

async function* untilRead<T>(messages: AsyncIterable<T>, leave: () => void): AsyncIterable<T> {
  try {
    yield* messages;
  } finally {
    leave();
  }
}
