import { DispatcherError } from '../serving/errors.ts';

/** The limits of a request while its body arrives. */
export interface BodyLimits {
  /** Disposed when the whole body has arrived. */
  readonly admitted?: Disposable;
  /** How long the whole body may take. Without it the body is a stream without a time limit. */
  readonly receiveTimeoutMs?: number;
}

/** Reads `body` after `limits` has admitted it, and for no longer than its time limit. */
export async function* boundedBody(body: AsyncIterable<Uint8Array>, limits: () => Promise<BodyLimits>): AsyncIterable<Uint8Array> {
  const { admitted, receiveTimeoutMs } = await limits();
  using _admitted = admitted;
  if (receiveTimeoutMs === undefined) {
    yield* body;
    return;
  }
  const late = Promise.withResolvers<never>();
  late.promise.catch(() => undefined);
  const timer = setTimeout(() => late.reject(tooSlow(receiveTimeoutMs)), receiveTimeoutMs);
  const chunks = body[Symbol.asyncIterator]();
  try {
    for (;;) {
      const chunk = await Promise.race([chunks.next(), late.promise]);
      if (chunk.done) return;
      yield chunk.value;
    }
  } finally {
    clearTimeout(timer);
  }
}

function tooSlow(limitMs: number): DispatcherError {
  return new DispatcherError('deadline_exceeded', `The request did not arrive within ${limitMs / 1000} s.`);
}
