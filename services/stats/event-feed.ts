import type { Pool } from '@dispatcher/database/connection/pool.ts';
import { eventFromRow } from '@dispatcher/database/events/event-message.ts';
import { onNumbered } from '@dispatcher/database/events/numbered-events.ts';
import type { EventBus } from '@dispatcher/kit/bus/event-bus.ts';
import { startLoop } from '@dispatcher/kit/lifecycle/loop.ts';
import type { Log } from '@dispatcher/kit/telemetry/log.ts';
import type { Event } from '@recursiv/proto/gen/dispatcher/v1/event_pb.ts';
import { newestPosition } from './sql/newest-position.ts';
import { pageSize, readEvents } from './sql/read-events.ts';

/** The live events of a process, in order and without a gap. */
export interface EventFeed extends AsyncDisposable {
  /** The newest position that listeners have received. */
  readonly position: number;
  /** Calls `listener` with all events after `position`, in batches. */
  listen(listener: (events: readonly Event[]) => void): Disposable;
}

/** The bus may lose messages, so the feed also reads the log this often without a message. */
const lookIntervalMs = 1000;

/**
 * Follows the events from now on. A message on the bus only says that there are new events. The feed reads every event
 * from the log, so nobody who can write on the bus can invent one.
 */
export async function startEventFeed(pool: Pool, bus: EventBus, log: Log): Promise<EventFeed> {
  const listeners = new Set<(events: readonly Event[]) => void>();
  let position = await newestPosition(pool);
  const loop = startLoop('event feed', lookIntervalMs, log, async () => {
    const rows = await readEvents(pool, position, Number.MAX_SAFE_INTEGER, null);
    if (rows.length === 0) return false;
    const events = rows.map(eventFromRow);
    position = Number(events.at(-1)?.position);
    for (const listener of listeners) listener(events);
    return rows.length === pageSize;
  });
  const messages = onNumbered(bus, ({ upTo }) => upTo > position && loop.wake());

  return {
    get position() {
      return position;
    },
    listen(listener) {
      listeners.add(listener);
      return { [Symbol.dispose]: () => void listeners.delete(listener) };
    },
    async [Symbol.asyncDispose]() {
      messages[Symbol.dispose]();
      await loop[Symbol.asyncDispose]();
    },
  };
}
