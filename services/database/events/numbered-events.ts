import type { EventBus } from '@dispatcher/kit/bus/event-bus.ts';
import { z } from 'zod';

/** Events that have just got their positions: those after one position up to another. */
export interface NumberedEvents {
  after: number;
  upTo: number;
}

const subject = 'numbered';
const message = z.object({ after: z.number().int().min(0), upTo: z.number().int().min(0) });

/** Tells every process that these events can be read from the log. */
export function announceNumbered(bus: EventBus, events: NumberedEvents): void {
  bus.publish(subject, Buffer.from(JSON.stringify(events)));
}

/**
 * Calls `listener` for each announcement. An announcement is only a hint, because anybody who can reach the bus can
 * write one, and any of them may be lost. The log has what really happened.
 */
export function onNumbered(bus: EventBus, listener: (events: NumberedEvents) => void): Disposable {
  return bus.subscribe(subject, (payload) => listener(message.parse(JSON.parse(Buffer.from(payload).toString()))));
}
