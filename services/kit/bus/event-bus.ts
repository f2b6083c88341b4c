/**
 * Carries messages between processes, or between the parts of one process. It may lose any message, so a listener must
 * treat each message as a hint.
 */
export interface EventBus extends AsyncDisposable {
  /** Whether messages can be delivered at the moment. */
  readonly connected: boolean;
  /**
   * Sends without waiting. A subject belongs to this installation: `events.acme.task.done`. With `id` a store behind
   * the bus can drop repeats.
   */
  publish(subject: string, payload: Uint8Array, id?: string): void;
  /** Calls `listener` for each message of a subject. The last part of `subject` may be `>`, which matches all below. */
  subscribe(subject: string, listener: (payload: Uint8Array, subject: string) => void): Disposable;
  /** Resolves when everything published before has left this process. */
  flush(): Promise<void>;
}

/** Creates the bus of a single process. Listeners run in a later turn of the event loop, in order. */
export function createLocalBus(): EventBus {
  const listeners = new Set<{ matches: (subject: string) => boolean; listener: (payload: Uint8Array, subject: string) => void }>();
  return {
    connected: true,
    publish(subject, payload) {
      for (const entry of listeners) {
        if (entry.matches(subject)) queueMicrotask(() => listeners.has(entry) && entry.listener(payload, subject));
      }
    },
    subscribe(subject, listener) {
      const entry = { matches: matcher(subject), listener };
      listeners.add(entry);
      return { [Symbol.dispose]: () => void listeners.delete(entry) };
    },
    flush: async () => undefined,
    [Symbol.asyncDispose]: async () => listeners.clear(),
  };
}

function matcher(pattern: string): (subject: string) => boolean {
  if (!pattern.endsWith('>')) return (subject) => subject === pattern;
  const start = pattern.slice(0, -1);
  return (subject) => subject.startsWith(start);
}
