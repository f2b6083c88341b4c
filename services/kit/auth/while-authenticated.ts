import { DispatcherError, errorTable } from '../serving/errors.ts';

/** Together with the 0.8 s for which `authenticate` remembers a key: a revoked key's streams end within a second. */
const checkIntervalMs = 150;

/**
 * Passes a stream's messages on until `check` says that its caller is no longer welcome; then the stream ends with
 * that 401. A check that fails for another reason, say since the database restarts, ends nothing.
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
