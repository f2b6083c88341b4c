import { StatsService } from '@recursiv/proto/gen/dispatcher/v1/stats_pb.ts';
import { mostServerSeconds, retryDelay, sleep } from '../call/backoff.ts';
import { type HttpRequest, requestFromFields } from '../call/route.ts';
import type { Settings } from '../config.ts';
import { RecursivError } from '../errors.ts';
import type { StreamParams } from '../inputs.ts';
import type { Event } from '../outputs.ts';
import { openEventSource } from './event-source.ts';
import type { SseBlock } from './sse-parser.ts';

/** An event, told from a reset by its `type`. */
export type StreamEvent = Event & { type: `task.${string}`; position: number };

/** The position asked for is no longer kept, or never was: events may be missing before this item. The live stream follows. */
export interface StreamReset {
  type: 'reset';
  /** What was wrong, for people. */
  reason: string;
  /** The newest position; the stream goes on after it. */
  position: number;
}

/** What a stream yields. */
export type StreamItem = StreamEvent | StreamReset;

/** What a caller may say about one stream. */
export interface StreamOptions {
  /** Ends the stream. */
  signal?: AbortSignal | undefined;
  /** The position of the last event that was seen; the stream begins with the one that follows. */
  lastEventId?: string | number | undefined;
  /** Milliseconds of silence after which the connection is made anew; 45,000 when absent, three of the server's comments. */
  idleTimeout?: number | undefined;
}

interface Progress {
  lastEventId: string | undefined;
  failures: number;
  retryMilliseconds: number;
}

/** Events as they happen, over as many connections as it takes. */
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
    // Aborted while it waits: the loop's condition ends the stream.
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
    // The place moves only when the caller asks for what follows, so an item is never passed over that nobody saw.
    if (item !== undefined) yield item;
    progress.lastEventId = item?.type === 'reset' ? String(item.position) : (block.id ?? progress.lastEventId);
  }
}

/** An event of a type that this version does not know is passed over. */
function itemFromBlock({ event, data }: SseBlock): StreamItem | undefined {
  if (data === undefined) return undefined;
  if (event === 'reset') return { type: 'reset', ...(JSON.parse(data) as Omit<StreamReset, 'type'>) };
  return event.startsWith('task.') ? (JSON.parse(data) as StreamEvent) : undefined;
}

/** What no reconnection can mend: a bad request, a bad key, a route that is not there. */
function isRefusal(error: RecursivError): boolean {
  return error.status >= 200 && error.status < 500 && error.status !== 408 && error.status !== 429;
}

/**
 * How long to wait before the next connection. One that worked is made anew after the time the server names, give or take half; one that failed,
 * after longer each time. A stream has nobody to give an error to, so a server that asks for more than a minute is asked again after a minute.
 */
function reconnectDelay({ failures, retryMilliseconds }: Progress, retryAfterSeconds: number | null): number {
  const asked = Math.min(mostServerSeconds, retryAfterSeconds ?? 0) * 1000;
  const named = Math.min(mostServerSeconds * 1000, retryMilliseconds) * (0.5 + Math.random());
  return asked + (failures === 0 ? named : (retryDelay(failures, null) ?? 0));
}
