/** A queue of items to send. Items that are put in one turn of the event loop are sent together. */
export interface SendQueue<T> {
  put(item: T): void;
  /** Yields all items that were put, each time that there are some, until the end. It has one reader. */
  batches(): AsyncIterable<T[]>;
  /** Ends the queue. The items in it are still sent. */
  end(): void;
}

/** Creates an empty queue. */
export function createSendQueue<T>(): SendQueue<T> {
  let items: T[] = [];
  let ended = false;
  let wake: () => void = () => undefined;
  return {
    put(item) {
      if (items.push(item) === 1) setImmediate(() => wake());
    },
    end() {
      ended = true;
      wake();
    },
    async *batches() {
      while (!ended || items.length > 0) {
        if (items.length === 0) {
          await new Promise<void>((resolve) => {
            wake = resolve;
          });
          continue;
        }
        const batch = items;
        items = [];
        yield batch;
      }
    },
  };
}
