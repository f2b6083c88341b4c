import type { Event } from '@recursiv/proto/gen/dispatcher/v1/event_pb.ts';

/** The most events that wait for a reader. When there are more, the stream ends and the reader resumes from the log. */
const capacity = 10_000;

/** The queue of events between the feed and one reader. */
export function eventQueue() {
  let waiting: Event[] = [];
  let overflow = false;
  let wake: () => void = () => undefined;
  return {
    push(events: readonly Event[]): void {
      if (events.length === 0) return;
      if (waiting.length + events.length > capacity) overflow = true;
      else waiting.push(...events);
      wake();
    },
    /** Yields all waiting events, each time that there are some, until `signal` fires. */
    async *batches(signal: AbortSignal): AsyncGenerator<Event[] | 'overflow'> {
      signal.addEventListener('abort', () => wake(), { once: true });
      while (!signal.aborted) {
        if (overflow) yield 'overflow';
        if (waiting.length > 0) {
          const events = waiting;
          waiting = [];
          yield events;
        } else {
          await new Promise<void>((resolve) => {
            wake = resolve;
          });
        }
      }
    },
  };
}
