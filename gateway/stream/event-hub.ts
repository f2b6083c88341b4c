import type { Transport } from '@connectrpc/connect';
import { unavailable } from '@dispatcher/kit/serving/errors.ts';
import type { Log } from '@dispatcher/kit/telemetry/log.ts';
import type { WatchEventsResponse } from '@recursiv/proto/gen/dispatcher/v1/stats_pb.ts';
import { type EventFrame, frameFromEvent, framePieces } from './event-frame.ts';
import { followEvents } from './follow-events.ts';
import { RecentFrames } from './recent-frames.ts';
import type { StreamReader } from './stream-reader.ts';

/** The one event stream from the services that all readers of a gateway share. */
export interface EventHub extends AsyncDisposable {
  /** Resolves when the shared stream runs. Rejects when it cannot be opened now. The first call starts it. */
  live(): Promise<void>;
  /**
   * Gives a reader all events after its position. False when the hub does not have all of them any more. Then the
   * reader must read on by itself and ask again.
   */
  join(reader: StreamReader): boolean;
  leave(reader: StreamReader): void;
}

/** Reads the events of all organizations with the admin key, and writes each to the readers who asked for it. */
export function createEventHub(source: { transport: Transport; adminKey: string; log: Log }): EventHub {
  const readers = new Set<StreamReader>();
  const recent = new RecentFrames();
  let incoming: EventFrame[] = [];
  let isLive = false;
  let running = createAttempt();
  let follower: AsyncDisposable | undefined;
  let isClosed = false;

  // The events of one turn go out in one write per reader, with the same bytes for all readers with equal filters.
  // Several pieces go out over several turns, so that readers can receive one piece before the next is written.
  const deliverPiece = () => {
    const [frames = [], ...rest] = framePieces(incoming);
    incoming = rest.flat();
    recent.add(frames);
    const pieces = new Map<string, Buffer>();
    for (const reader of readers) reader.deliver(frames, pieces);
  };
  const flush = () => {
    deliverPiece();
    if (incoming.length > 0) setImmediate(flush);
  };
  const onMessage = ({ events, reset, position }: WatchEventsResponse) => {
    if (reset) {
      while (incoming.length > 0) deliverPiece();
      recent.startAfter(Number(reset.position));
      for (const reader of readers) reader.reset(reset);
    }
    recent.startOnceAfter(Number(position));
    if (incoming.length === 0 && events.length > 0) setImmediate(flush);
    for (const event of events) incoming.push(frameFromEvent(event));
    isLive = true;
    running.resolve();
  };
  const onBreak = () => {
    if (!isLive) running.reject(unavailable('The event stream is not available. Try again in a moment.'));
    isLive = false;
    running = createAttempt();
  };

  return {
    async live() {
      // A request that arrived before the hub was closed may ask after it. A stream that it starts would never end.
      if (isClosed) throw unavailable('This server is stopping. Connect again.');
      follower ??= followEvents({ ...source, onMessage, onBreak });
      await running.promise;
    },
    join(reader) {
      const missed = recent.after(reader.position);
      if (!missed) return false;
      reader.deliver(missed);
      readers.add(reader);
      return true;
    },
    leave: (reader) => void readers.delete(reader),
    async [Symbol.asyncDispose]() {
      isClosed = true;
      await follower?.[Symbol.asyncDispose]();
    },
  };
}

/** A promise for callers who wait for the shared stream. A rejection that nobody awaits is not an error. */
function createAttempt(): PromiseWithResolvers<void> {
  const attempt = Promise.withResolvers<void>();
  attempt.promise.catch(() => undefined);
  return attempt;
}
