/** Items on their way out: what is put within one turn of the event loop leaves together. */
export interface SendQueue<T> {
  put(item: T): void;
  /** All that has been put, each time there is something, until the end. One reader. */
  batches(): AsyncIterable<T[]>;
  /** Nothing more will be put; what was still leaves. */
  end(): void;
}

/** An empty queue. */
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
