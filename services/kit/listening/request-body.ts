import { DispatcherError } from '../serving/errors.ts';

/** What a request may take up while its body arrives. */
export interface BodyLimits {
  /** Given back when the body is here. */
  readonly admitted?: Disposable;
  /** How long the whole body may take. Without it the body is a stream that lasts. */
  readonly receiveTimeoutMs?: number;
}

/** Reads `body` only after `limits` has let it in, and not for longer than its time. */
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
