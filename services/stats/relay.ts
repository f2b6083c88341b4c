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

/** Writers say on this subject that they have committed an event. */
export const committedSubject = 'committed';

/** Should no writer be heard, the relay looks by itself; so another takes over within this time. */
const lookIntervalMs = 1000;

/** Rounds keep this distance, so that under load each numbers many events instead of a few. */
const spacingMs = 10;

/**
 * A round tells the bus for about so long what it has missed; new events get their positions between. Several times
 * faster than they can come.
 */
const catchUpMs = 250;

/**
 * The relay: gives each committed event the next position, then publishes it on `events.<organization>.<type>` with
 * the position as message id. Any number may run; the database lets one work at a time. What was numbered but not
 * surely published is published again, and so is what another relay published a moment ago: a consumer knows it by
 * the message id.
 */
export function startRelay(pool: Pool, bus: EventBus, log: Log): AsyncDisposable {
  let confirmed = 0;
  /** Where a quiet round found the bus behind; another relay may just be about to tell it. */
  let behindAt = 0;
  let isCatchingUp = false;
  const loop = startLoop('relay', lookIntervalMs, log, async (signal) => {
    const round = await numberEvents(pool, confirmed);
    if (!round) return false;
    const { events, before, publishedPosition } = round;
    const isDue = events.length > 0 || isCatchingUp || behindAt === before;
    isCatchingUp = false;
    if (events.length > 0) announceNumbered(bus, { after: before, upTo: before + events.length });
    // Positions do not wait for the bus. What it has not been told of is published when it is back.
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

/** Publishes what comes after a position, up to another unless that takes too long; answers how far it came. */
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

/** Resolves when the bus has been told of these events for certain. */
async function publish(bus: EventBus, events: readonly NumberedEvent[]): Promise<void> {
  for (const event of events) {
    bus.publish(`events.${event.organizationId}.${event.type}`, toBinary(EventSchema, eventFromRow(event)), String(event.position));
  }
  await bus.flush();
}
