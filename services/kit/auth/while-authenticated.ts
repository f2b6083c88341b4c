import { DispatcherError, errorTable } from '../serving/errors.ts';

/** Together with the 0.8 s for which `authenticate` caches a key, the streams of a revoked key end within a second. */
const checkIntervalMs = 150;

/**
 * Passes the messages of a stream on until `check` refuses its caller. Then the stream ends with that 401. A check that
 * fails for another reason, for example because the database restarts, does not end the stream.
 */
export async function* whileAuthenticated<T>(messages: AsyncIterable<T>, check: () => Promise<unknown>): AsyncIterable<T> {
  const iterator = messages[Symbol.asyncIterator]();
  let refusal: unknown = null;
  let refuse: (reason: unknown) => void = () => undefined;
  const timer = setInterval(() => {
    check().catch((thrown: unknown) => {
      if (!isRefusal(thrown)) return;
      refusal = thrown;
      refuse(thrown);
    });
  }, checkIntervalMs);
  try {
    while (true) {
      if (refusal) throw refusal;
      const step = await new Promise<IteratorResult<T>>((resolve, reject) => {
        refuse = reject;
        iterator.next().then(resolve, reject);
      });
      if (step.done) return;
      yield step.value;
    }
  } finally {
    clearInterval(timer);
    void iterator.return?.().catch(() => undefined);
  }
}

/** Whether an authentication failed because of the key, and not because it could not be looked up. */
export const isRefusal = (thrown: unknown): boolean => thrown instanceof DispatcherError && errorTable[thrown.reason].status === 401;
