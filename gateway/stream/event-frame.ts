import { type Event, EventSchema } from '@recursiv/proto/gen/dispatcher/v1/event_pb.ts';
import type { EventReset } from '@recursiv/proto/gen/dispatcher/v1/stats_pb.ts';
import { createJsonWriter } from '../rest/write-json.ts';

/** An event as it goes to its readers: encoded once, however many there are. */
export interface EventFrame {
  readonly position: number;
  readonly organizationId: string;
  readonly type: string;
  /** `id:`, `event:` and `data:` as bytes. */
  readonly bytes: Buffer;
}

const writeEvent = createJsonWriter(EventSchema);

/** Encodes an event. */
export function frameFromEvent(event: Event): EventFrame {
  const { position = 0n, organizationId, type } = event;
  return { position: Number(position), organizationId, type, bytes: Buffer.from(`id: ${position}\nevent: ${type}\ndata: ${writeEvent(event)}\n\n`) };
}

/** What tells a reader that it may have missed events, and where it now stands: its next resume is from there. */
export function bytesFromReset({ reason, position }: EventReset): Buffer {
  return Buffer.from(`id: ${position}\nevent: reset\ndata: ${JSON.stringify({ reason, position: Number(position) })}\n\n`);
}

/** Tells a reader how long to wait before it connects again. */
export function bytesFromRetry(milliseconds: number): Buffer {
  return Buffer.from(`retry: ${Math.round(milliseconds)}\n\n`);
}

/** Says nothing, so that what stands between does not take the connection for dead. */
export const keepAliveBytes = Buffer.from(':\n\n');
