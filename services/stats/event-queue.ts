import type { Event } from '@recursiv/proto/gen/dispatcher/v1/event_pb.ts';
import type { EventFeed } from './event-feed.ts';

/** The most events that wait for a reader. When there are more, the stream ends and the reader resumes from the log. */
const capacity = 10_000;

/** A reader gets a message at least this often, so that it can resume from a position that is still kept. */
const quietMs = 15_000;

/** What a reader gets at once. Every event up to `position` that it wants is in this batch or in an earlier one. */
interface Batch {
  readonly events: Event[];
  readonly position: number;
}

/** The queue of wanted events between the feed and one reader. Disposing it ends the listening. */
export function eventQueue(feed: EventFeed, isWanted: (event: Event) => boolean, quiet = quietMs) {
  let waiting: Event[] = [];
  let overflow = false;
  let wake: () => void = () => undefined;
  const listening = feed.listen((all) => {
    const events = all.filter(isWanted);
    if (events.length === 0) return;
    if (waiting.length + events.length > capacity) overflow = true;
    else waiting.push(...events);
    wake();
  });
  const woken = () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, quiet);
    wake = resolve;
    return promise.finally(() => clearTimeout(timer));
  };
  return {
    /** Yields all waiting events, each time that there are some, and nothing now and then, until `signal` fires. */
    async *batches(signal: AbortSignal): AsyncGenerator<Batch | 'overflow'> {
      signal.addEventListener('abort', () => wake(), { once: true });
      while (!signal.aborted) {
        if (waiting.length === 0 && !overflow) await woken();
        if (signal.aborted) return;
        if (overflow) yield 'overflow';
        const events = waiting;
        waiting = [];
        // The feed moves its position and fills the queue in one step, so both belong together here.
        yield { events, position: feed.position };
      }
    },
    [Symbol.dispose]: () => listening[Symbol.dispose](),
  };
}
