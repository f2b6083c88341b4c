/** The most items in one statement. */
const largest = 500;

/**
 * Items that arrive during a flush wait for the next one, which takes all of them. The answers are in the order of the
 * items.
 */
export function createBatcher<I, O>(flush: (items: readonly I[]) => Promise<readonly O[]>): (item: I) => Promise<O> {
  let queue: { item: I; resolve: (answer: O) => void; reject: (error: unknown) => void }[] = [];
  let busy = false;
  const work = async () => {
    while (queue.length > 0) {
      const batch = queue.slice(0, largest);
      queue = queue.slice(largest);
      try {
        const answers = await flush(batch.map(({ item }) => item));
        for (const [i, { resolve }] of batch.entries()) resolve(answers[i] as O);
      } catch (error) {
        for (const { reject } of batch) reject(error);
      }
    }
    busy = false;
  };
  return (item) => {
    const { promise, resolve, reject } = Promise.withResolvers<O>();
    queue.push({ item, resolve, reject });
    if (!busy) {
      busy = true;
      // Items that arrive in the same turn of the event loop go into the same flush.
      setImmediate(work);
    }
    return promise;
  };
}
