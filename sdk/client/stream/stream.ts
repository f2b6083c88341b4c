import { StatsService } from '@recursiv/proto/gen/dispatcher/v1/stats_pb.ts';
import { mostServerSeconds, retryDelay, sleep } from '../call/backoff.ts';
import { type HttpRequest, requestFromFields } from '../call/route.ts';
import type { Settings } from '../config.ts';
import { RecursivError } from '../errors.ts';
import type { StreamParams } from '../inputs.ts';
import type { Event } from '../outputs.ts';
import { openEventSource } from './event-source.ts';
import type { SseBlock } from './sse-parser.ts';

/** An event. Its `type` tells it from a reset. */
export type StreamEvent = Event & { type: `task.${string}`; position: number };

/**
 * The position that was asked for is no longer kept, or never existed, so events may be missing before this item. The
 * live stream follows.
 */
export interface StreamReset {
  type: 'reset';
  /** The reason, for people. */
  reason: string;
  /** The newest position. The stream goes on after it. */
  position: number;
}

/** What a stream yields. */
export type StreamItem = StreamEvent | StreamReset;

/** Options of one stream. */
export interface StreamOptions {
  /** Ends the stream. */
  signal?: AbortSignal | undefined;
  /** The position of the last event that you have seen. The stream begins with the next one. */
  lastEventId?: string | number | undefined;
  /**
   * The stream reconnects after this many milliseconds of silence. 45,000 when absent, three times the server's
   * interval between comments.
   */
  idleTimeout?: number | undefined;
}

interface Progress {
  lastEventId: string | undefined;
  failures: number;
  retryMilliseconds: number;
}

/** Yields events as they happen, over as many connections as needed. */
export async function* streamEvents(settings: Settings, params: StreamParams, options: StreamOptions): AsyncGenerator<StreamItem, void, undefined> {
  const { after, ...filters } = params;
  const request = requestFromFields(StatsService.method.watchEvents, {
    ...filters,
    organization_id: filters.organization_id ?? settings.organizationId,
  });
  const start = options.lastEventId ?? after;
  const progress: Progress = { lastEventId: start === undefined ? undefined : String(start), failures: 0, retryMilliseconds: 1_000 };
  const isAborted = () => options.signal?.aborted === true;
  while (!isAborted()) {
    let retryAfterSeconds: number | null = null;
    try {
      yield* oneConnection(settings, request, progress, options);
    } catch (error) {
      if (isAborted()) return;
      if (!(error instanceof RecursivError) || isRefusal(error)) throw error;
      retryAfterSeconds = error.retryAfterSeconds;
    }
    // When it is aborted while it waits, the condition of the loop ends the stream.
    await sleep(reconnectDelay(progress, retryAfterSeconds), options.signal).catch(() => undefined);
    progress.failures += 1;
  }
}

async function* oneConnection(
  settings: Settings,
  request: HttpRequest,
  progress: Progress,
  options: StreamOptions,
): AsyncGenerator<StreamItem, void, undefined> {
  const source = openEventSource(settings, request, {
    lastEventId: progress.lastEventId,
    signal: options.signal,
    idleTimeout: options.idleTimeout ?? 45_000,
  });
  for await (const block of source) {
    progress.failures = 0;
    progress.retryMilliseconds = block.retry ?? progress.retryMilliseconds;
    const item = itemFromBlock(block);
    // The position moves only when the caller asks for the next item, so no item is skipped that nobody saw.
    if (item !== undefined) yield item;
    progress.lastEventId = item?.type === 'reset' ? String(item.position) : (block.id ?? progress.lastEventId);
  }
}

/** Skips an event of a type that this version does not know. */
function itemFromBlock({ event, data }: SseBlock): StreamItem | undefined {
  if (data === undefined) return undefined;
  if (event === 'reset') return { type: 'reset', ...(JSON.parse(data) as Omit<StreamReset, 'type'>) };
  return event.startsWith('task.') ? (JSON.parse(data) as StreamEvent) : undefined;
}

/** Errors that a new connection cannot mend: a bad request, a bad key, an unknown route. */
function isRefusal(error: RecursivError): boolean {
  return error.status >= 200 && error.status < 500 && error.status !== 408 && error.status !== 429;
}

/**
 * How long to wait before the next connection. After a connection that worked: the time that the server names, give or
 * take half. After one that failed: longer each time. A server that asks for more than a minute is asked again after a
 * minute, because a stream has nobody to give the error to.
 */
function reconnectDelay({ failures, retryMilliseconds }: Progress, retryAfterSeconds: number | null): number {
  const asked = Math.min(mostServerSeconds, retryAfterSeconds ?? 0) * 1000;
  const named = Math.min(mostServerSeconds * 1000, retryMilliseconds) * (0.5 + Math.random());
  return asked + (failures === 0 ? named : (retryDelay(failures, null) ?? 0));
}
