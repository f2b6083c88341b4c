import { errorFromAnswer } from '../call/answer-error.ts';
import { connectionError, headersFor } from '../call/attempt.ts';
import type { HttpRequest } from '../call/route.ts';
import { startTimer } from '../call/timer.ts';
import type { Settings } from '../config.ts';
import { ConnectionError, RecursivError } from '../errors.ts';
import { createSseParser, type SseBlock } from './sse-parser.ts';

/** What one connection to an event stream needs besides the request. */
export interface EventSourceOptions {
  readonly lastEventId: string | undefined;
  readonly signal: AbortSignal | undefined;
  /**
   * The connection counts as dead after this many milliseconds of silence. The server writes at least a comment every
   * 15 s.
   */
  readonly idleTimeout: number;
}

/**
 * Yields the blocks of one connection until the server ends it. Throws when the server refuses, when the connection
 * breaks or is silent for too long, and when the caller aborts.
 */
export async function* openEventSource(
  settings: Settings,
  request: HttpRequest,
  options: EventSourceOptions,
): AsyncGenerator<SseBlock, void, undefined> {
  const connection = new AbortController();
  const signal = options.signal === undefined ? connection.signal : AbortSignal.any([options.signal, connection.signal]);
  const within = <T>(timeout: number, work: () => Promise<T>) => workWithin(connection, timeout, work);
  try {
    const response = await within(settings.timeout, () => connect(settings, request, options.lastEventId, signal));
    // The position of the stream before its first event: a stream that breaks before it can still be resumed.
    const position = response.headers.get('x-last-event-id');
    if (position !== null) yield { id: position, event: 'message', data: undefined, retry: undefined };
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
    const parse = createSseParser();
    for (;;) {
      const { done, value } = await within(options.idleTimeout, () => reader.read());
      if (done) return;
      yield* parse(value);
    }
  } catch (error) {
    options.signal?.throwIfAborted();
    if (connection.signal.reason instanceof RecursivError) throw connection.signal.reason;
    throw error instanceof RecursivError ? error : connectionError(error, false, 0);
  } finally {
    connection.abort();
  }
}

/** Ends the connection when the work takes too long. The time that the reader of the events needs does not count. */
async function workWithin<T>(connection: AbortController, timeout: number, work: () => Promise<T>): Promise<T> {
  const timer = startTimer(() => connection.abort(new ConnectionError('timeout', `Nothing came for ${timeout} ms.`, undefined)), timeout);
  try {
    return await work();
  } finally {
    clearTimeout(timer);
  }
}

async function connect(
  settings: Settings,
  request: HttpRequest,
  lastEventId: string | undefined,
  signal: AbortSignal,
): Promise<Response & { body: ReadableStream<Uint8Array<ArrayBuffer>> }> {
  const headers = headersFor(settings, { accept: 'text/event-stream', 'last-event-id': lastEventId });
  const response = await fetch(settings.baseUrl + request.path, { headers, redirect: 'error', signal });
  const isStream = response.headers.get('content-type')?.startsWith('text/event-stream') === true;
  if (response.ok && isStream && hasBody(response)) return response;
  throw errorFromAnswer(settings, response, await response.json().catch(() => undefined));
}

const hasBody = (response: Response): response is Response & { body: ReadableStream<Uint8Array<ArrayBuffer>> } => response.body !== null;
