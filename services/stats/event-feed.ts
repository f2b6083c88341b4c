import { fromBinary } from '@bufbuild/protobuf';
import type { Pool } from '@dispatcher/database/connection/pool.ts';
import { eventFromRow } from '@dispatcher/database/events/event-message.ts';
import type { EventBus } from '@dispatcher/kit/bus/event-bus.ts';
import { startLoop } from '@dispatcher/kit/lifecycle/loop.ts';
import type { Log } from '@dispatcher/kit/telemetry/log.ts';
import { type Event, EventSchema } from '@recursiv/proto/gen/dispatcher/v1/event_pb.ts';
import { keptPositions } from './sql/kept-positions.ts';
import { pageSize, readEvents } from './sql/read-events.ts';

/** The live events of a process, in order and without a gap. */
export interface EventFeed extends AsyncDisposable {
  /** The newest position that listeners have been given. */
  readonly position: number;
  /** Calls `listener` with all that comes after `position`, in batches. */
  listen(listener: (events: readonly Event[]) => void): Disposable;
}

/** The bus may lose messages; whatever it lost is found in the log by then. */
const lookIntervalMs = 1000;

/** Follows the events from now on: by the bus where its messages come without a gap, else by the log. */
export async function startEventFeed(pool: Pool, bus: EventBus, log: Log): Promise<EventFeed> {
  const listeners = new Set<(events: readonly Event[]) => void>();
  let position = (await keptPositions(pool)).newest;
  let batch: Event[] = [];

  const accept = (event: Event) => {
    position = Number(event.position);
    if (batch.push(event) === 1) setImmediate(deliver);
  };
  const deliver = () => {
    const events = batch;
    batch = [];
    for (const listener of listeners) listener(events);
  };
  const loop = startLoop('event feed', lookIntervalMs, log, async () => {
    const rows = await readEvents(pool, position, Number.MAX_SAFE_INTEGER, null);
    for (const row of rows) if (Number(row.position) === position + 1) accept(eventFromRow(row));
    return rows.length === pageSize;
  });
  const messages = bus.subscribe('events.>', (payload) => {
    const event = fromBinary(EventSchema, payload);
    const next = Number(event.position);
    if (next === position + 1) accept(event);
    else if (next > position) loop.wake();
  });

  return {
    get position() {
      return batch.length > 0 ? Number(batch[0]?.position) - 1 : position;
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
