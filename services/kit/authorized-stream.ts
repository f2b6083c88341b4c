import type { Authenticate } from './authentication.ts';
import { DispatcherError, errorTable } from './errors.ts';

/** Together with the 0.8 s for which `authenticate` remembers a key: the streams of a revoked key end within a second. */
const checkMs = 150;

/** Passes `messages` on until the key of their reader is refused, and throws that refusal then. While keys cannot be looked up, the stream goes on. */
export async function* authorizedStream<T>(messages: AsyncIterable<T>, authenticate: Authenticate, authorization: string | null): AsyncGenerator<T> {
  const parts = messages[Symbol.asyncIterator]();
  let refusal: DispatcherError | undefined;
  // One promise for each message, since one for all would remember every race it was in.
  let refuse: (reason: DispatcherError) => void = () => undefined;
  const check = setInterval(() => {
    authenticate(authorization).catch((thrown: unknown) => {
      if (!(thrown instanceof DispatcherError) || errorTable[thrown.reason].status !== 401) return;
      refusal = thrown;
      refuse(thrown);
    });
  }, checkMs);
  try {
    while (true) {
      if (refusal) throw refusal;
      const part = await new Promise<IteratorResult<T>>((resolve, reject) => {
        refuse = reject;
        parts.next().then(resolve, reject);
      });
      if (part.done) return;
      yield part.value;
    }
  } finally {
    clearInterval(check);
    // Not awaited: it may itself wait for a message, until the call that ends now tells it to stop.
    parts.return?.().catch(() => undefined);
  }
}
