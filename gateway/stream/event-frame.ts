import { messageBatches } from '@dispatcher/kit/channel/batches.ts';
import { type Event, EventSchema } from '@recursiv/proto/gen/dispatcher/v1/event_pb.ts';
import type { EventReset } from '@recursiv/proto/gen/dispatcher/v1/stats_pb.ts';
import { createJsonWriter } from '../rest/write-json.ts';

/** An encoded event. It is encoded once for all readers. */
export interface EventFrame {
  readonly position: number;
  readonly organizationId: string;
  readonly type: string;
  /** The lines `id:`, `event:` and `data:` as bytes. */
  readonly bytes: Buffer;
}

const writeEvent = createJsonWriter(EventSchema);

/** Cuts frames into pieces of at most 128 KiB, so that few bytes wait for a reader that does not read. */
export const framePieces = (frames: readonly EventFrame[]): EventFrame[][] => messageBatches(frames, ({ bytes }) => bytes.length);

/** Encodes an event. */
export function frameFromEvent(event: Event): EventFrame {
  const { position = 0n, organizationId, type } = event;
  return { position: Number(position), organizationId, type, bytes: Buffer.from(`id: ${position}\nevent: ${type}\ndata: ${writeEvent(event)}\n\n`) };
}

/** The event that tells a reader that it may have missed events, and the position from which it resumes next. */
export function bytesFromReset({ reason, position }: EventReset): Buffer {
  return Buffer.from(`id: ${position}\nevent: reset\ndata: ${JSON.stringify({ reason, position: Number(position) })}\n\n`);
}

/** The line that tells a reader how long to wait before it connects again. */
export function bytesFromRetry(milliseconds: number): Buffer {
  return Buffer.from(`retry: ${Math.round(milliseconds)}\n\n`);
}

/**
 * A comment that keeps proxies from closing a quiet connection. With a position, the reader learns where it is without
 * an event, so that it does not resume from a position that is no longer kept.
 */
export function bytesFromKeepAlive(position: number | undefined): Buffer {
  return Buffer.from(position === undefined ? ':\n\n' : `:\n\nid: ${position}\n\n`);
}
