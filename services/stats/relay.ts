import { setTimeout as sleep } from 'node:timers/promises';
import { toBinary } from '@bufbuild/protobuf';
import type { Pool } from '@dispatcher/database/connection/pool.ts';
import { eventFromRow } from '@dispatcher/database/events/event-message.ts';
import { announceNumbered } from '@dispatcher/database/events/numbered-events.ts';
import type { EventBus } from '@dispatcher/kit/bus/event-bus.ts';
import { startLoop } from '@dispatcher/kit/lifecycle/loop.ts';
import type { Log } from '@dispatcher/kit/telemetry/log.ts';
import { EventSchema } from '@recursiv/proto/gen/dispatcher/v1/event_pb.ts';
import type { NumberedEvent } from './sql/event-columns.ts';
import { numberEvents, roundSize } from './sql/number-events.ts';
import { readEvents } from './sql/read-events.ts';

/** Services publish on this subject when they have committed an event. */
export const committedSubject = 'committed';

/** The relay also looks this often without a message. Another relay takes over within this time. */
const lookIntervalMs = 1000;

/** The time between two rounds. Under load each round then numbers many events instead of a few. */
const spacingMs = 10;

/**
 * How long one round publishes what the bus has missed. New events get their positions between two rounds. Publishing
 * is several times faster than events can come.
 */
const catchUpMs = 250;

/**
 * The relay gives each committed event the next position, then publishes it on `events.<organization>.<type>` with
 * the position as message id. Any number of relays may run, and the database lets one work at a time. A relay repeats
 * events that were numbered but perhaps not published, including those that another relay has just published. A
 * consumer recognizes a repeat by the message id.
 */
export function startRelay(pool: Pool, bus: EventBus, log: Log): AsyncDisposable {
  let confirmed = 0;
  /** Where the bus was behind in the last quiet round. Another relay may be about to publish those events. */
  let behindAt = 0;
  let isCatchingUp = false;
  const loop = startLoop('relay', lookIntervalMs, log, async (signal) => {
    const round = await numberEvents(pool, confirmed);
    if (!round) return false;
    const { events, before, publishedPosition } = round;
    const isDue = events.length > 0 || isCatchingUp || behindAt === before;
    isCatchingUp = false;
    if (events.length > 0) announceNumbered(bus, { after: before, upTo: before + events.length });
    // Positions do not wait for the bus. Events that the bus has missed are published when it is back.
    if (bus.connected && isDue) {
      const told = await publishMissed(pool, bus, publishedPosition, before);
      isCatchingUp = told < before;
      if (!isCatchingUp) await publish(bus, events);
      confirmed = Math.max(confirmed, isCatchingUp ? told : before + events.length);
    }
    behindAt = events.length === 0 && publishedPosition < before ? before : 0;
    await sleep(spacingMs, undefined, { signal }).catch(() => undefined);
    return events.length === roundSize || isCatchingUp;
  });
  const wakes = bus.subscribe(committedSubject, loop.wake);
  return {
    async [Symbol.asyncDispose]() {
      wakes[Symbol.dispose]();
      await loop[Symbol.asyncDispose]();
    },
  };
}

/** Publishes the events after one position up to another, unless that takes too long. Returns how far it came. */
async function publishMissed(pool: Pool, bus: EventBus, after: number, upTo: number): Promise<number> {
  const until = performance.now() + catchUpMs;
  let at = after;
  while (at < upTo && performance.now() < until) {
    const events = await readEvents(pool, at, upTo, null);
    await publish(bus, events);
    at = Number(events.at(-1)?.position ?? upTo);
  }
  return at;
}

/** Resolves when the bus has confirmed these events. */
async function publish(bus: EventBus, events: readonly NumberedEvent[]): Promise<void> {
  for (const event of events) {
    bus.publish(`events.${event.organizationId}.${event.type}`, toBinary(EventSchema, eventFromRow(event)), String(event.position));
  }
  await bus.flush();
}
