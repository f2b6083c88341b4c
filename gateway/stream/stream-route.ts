import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { finished } from 'node:stream';
import type { DescMethodServerStreaming } from '@bufbuild/protobuf';
import type { Transport } from '@connectrpc/connect';
import type { Admissions } from '@dispatcher/kit/admission/admission.ts';
import { organizationOf } from '@dispatcher/kit/admission/on-behalf-of.ts';
import type { Semaphore } from '@dispatcher/kit/admission/semaphore.ts';
import type { Authenticate } from '@dispatcher/kit/auth/authentication.ts';
import type { Caller } from '@dispatcher/kit/auth/caller.ts';
import { networkOf } from '@dispatcher/kit/listening/network-of.ts';
import { invalidField, unavailable } from '@dispatcher/kit/serving/errors.ts';
import type { StatsService, WatchEventsRequest, WatchEventsResponse } from '@recursiv/proto/gen/dispatcher/v1/stats_pb.ts';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { InFlight } from '../edge/in-flight.ts';
import { callHeaders } from '../edge/request-headers.ts';
import type { SetCaller } from '../edge/request-log.ts';
import { createRequestReader } from '../rest/read-request.ts';
import type { Route } from '../rest/routes.ts';
import { bytesFromRetry, frameFromEvent, framePieces } from './event-frame.ts';
import type { EventHub } from './event-hub.ts';
import { only } from './follow-events.ts';
import type { OpenStreams } from './open-streams.ts';
import { StreamReader } from './stream-reader.ts';

/** What the route needs. */
export interface StreamContext {
  transport: Transport;
  authenticate: Authenticate;
  inFlight: InFlight;
  setCaller: SetCaller;
  hub: EventHub;
  streams: OpenStreams;
  /** Limits the number of streams: in all, of one organization and of one key. */
  streamAdmissions: Admissions;
  /**
   * Limits how many streams read missed events at once. A stream holds a slot only while it reads a page, so a slow
   * reader does not block other readers.
   */
  replaySlots: Semaphore;
}

/** How long a stream may take to open. */
const openMs = 10_000;

/** How long a replay may take. When it takes longer the stream ends, and its reader resumes from there. */
const replayMs = 30_000;

/** How long readers wait before they connect again, unless a shutdown tells them another time. */
const retryMs = 2000;

/**
 * Answers with server-sent events. Each stream begins with its own call with its reader's key. The service checks the
 * key and sends the missed events. When the call has reached the stream that all readers share, the stream changes over
 * to that. Positions have no gaps, so no event is missed or repeated.
 */
export function createStreamRoute(route: Route, context: StreamContext) {
  const read = createRequestReader(route);
  return async (request: FastifyRequest, reply: FastifyReply): Promise<void> => {
    const { headers, url = '', socket } = request.raw;
    const { authorization = '' } = headers;
    using call = createCall(context.inFlight.enter(reply.raw), openMs);
    const caller = await call.orGiveUp(context.authenticate(authorization, networkOf(socket.remoteAddress)));
    context.setCaller(request, caller);
    const message = read({ params: {}, url, body: {} }) as WatchEventsRequest;
    const after = lastEventId(headers['last-event-id']) ?? message.after;
    if (after !== undefined) message.after = after;
    const admitted = context.streamAdmissions.admit(caller);
    finished(reply.raw, () => admitted[Symbol.dispose]());
    const parts = await openCall(context, { rpc: route.rpc as WatchEvents, caller, headers: callHeaders(headers, request.id, false), message }, call);
    call.limit(replayMs);
    reply.hijack();
    writeHead(reply.raw, request.id, after ?? parts.first.position);
    const filter = { organizationId: caller.organizationId ?? message.organizationId ?? null, types: message.types };
    const reader = new StreamReader(reply.raw, authorization, filter, Number(after ?? 0n));
    register(reader, reply.raw, context);
    await replay(reader, parts, context.hub, call).catch(() => reader.end());
  };
}

type WatchEvents = typeof StatsService.method.watchEvents & DescMethodServerStreaming;
type Call = ReturnType<typeof createCall>;

/** What a stream begins with. */
interface Opening {
  readonly rpc: WatchEvents;
  readonly caller: Caller;
  readonly headers: Headers;
  readonly message: WatchEventsRequest;
}

/** A browser sends this header by itself when it connects again. It wins over `after`, which stays in the URL. */
function lastEventId(header: string | string[] | undefined): bigint | undefined {
  if (header === undefined || header === '') return undefined;
  if (typeof header !== 'string' || !/^\d{1,18}$/.test(header)) throw invalidField('Last-Event-ID', 'must be the id of an event, a whole number');
  return BigInt(header);
}

/** The reader's own call. It ends when it is no longer needed, when the reader leaves, and when it takes too long. */
function createCall(left: AbortSignal, limitMs: number) {
  const end = new AbortController();
  const abort = () => end.abort();
  const gaveUp = once(end.signal, 'abort').then(() => {
    throw unavailable('The event stream is not available. Try again in a moment.');
  });
  gaveUp.catch(() => undefined);
  let timer = setTimeout(abort, limitMs);
  left.addEventListener('abort', abort, { once: true });
  if (left.aborted) abort();
  return {
    signal: end.signal,
    onEnd: (listener: () => void) => end.signal.addEventListener('abort', listener, { once: true }),
    /** Waits for `promise`, at most until the call ends. */
    orGiveUp: <T>(promise: Promise<T>): Promise<T> => Promise.race([gaveUp, promise]),
    limit(ms: number) {
      clearTimeout(timer);
      timer = setTimeout(abort, ms);
    },
    [Symbol.dispose]() {
      clearTimeout(timer);
      left.removeEventListener('abort', abort);
      abort();
    },
  };
}

/**
 * Opens the call and waits for its first message, which has its position. A failure before that is an ordinary error
 * answer.
 */
async function openCall({ transport, hub, replaySlots }: StreamContext, { rpc, caller, headers, message }: Opening, call: Call) {
  const organization = organizationOf(caller);
  using _slot = message.after === undefined ? undefined : await replaySlots.take(call.signal, organization);
  await call.orGiveUp(hub.live());
  const response = await call.orGiveUp(transport.stream(rpc, call.signal, undefined, headers, only(message)));
  const parts = response.message[Symbol.asyncIterator]();
  // A generator that waits at a yield does not notice the signal.
  call.onEnd(() => void parts.return?.().catch(() => undefined));
  const first = await call.orGiveUp(parts.next());
  if (first.done) throw unavailable('The event stream ended before it began.');
  return {
    first: first.value,
    async next() {
      using _slot = await replaySlots.take(call.signal, organization);
      return await call.orGiveUp(parts.next());
    },
  };
}

/**
 * `x-last-event-id` is the position of the stream before its first event, so that a client can resume a stream that
 * breaks before that.
 */
function writeHead(response: ServerResponse, requestId: string, position: bigint): void {
  response.writeHead(200, {
    'content-type': 'text/event-stream',
    'cache-control': 'no-cache',
    'x-accel-buffering': 'no',
    'x-request-id': requestId,
    'x-last-event-id': String(position),
  });
  response.write(bytesFromRetry(retryMs));
}

function register(reader: StreamReader, response: ServerResponse, { hub, streams }: StreamContext): void {
  streams.add(reader);
  finished(response, () => {
    streams.remove(reader);
    hub.leave(reader);
  });
}

/** Writes the events of the call until the shared stream can take over. */
async function replay(reader: StreamReader, parts: Awaited<ReturnType<typeof openCall>>, hub: EventHub, call: Call): Promise<void> {
  let part: WatchEventsResponse = parts.first;
  while (true) {
    if (part.reset) reader.reset(part.reset);
    for (const piece of framePieces(part.events.map(frameFromEvent))) {
      reader.deliver(piece);
      await reader.drained(call.signal);
    }
    reader.passTo(Number(part.position));
    if (hub.join(reader)) return;
    const next = await parts.next();
    if (next.done) return reader.end();
    part = next.value;
  }
}
