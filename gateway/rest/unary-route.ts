import type { IncomingMessage } from 'node:http';
import { finished } from 'node:stream';
import { setImmediate } from 'node:timers/promises';
import type { DescMethodUnary } from '@bufbuild/protobuf';
import type { Transport } from '@connectrpc/connect';
import type { Admissions } from '@dispatcher/kit/admission/admission.ts';
import { type AnswerRooms, answersWithPage } from '@dispatcher/kit/admission/answer-rooms.ts';
import type { Authenticate } from '@dispatcher/kit/auth/authentication.ts';
import type { Caller } from '@dispatcher/kit/auth/caller.ts';
import { networkOf } from '@dispatcher/kit/listening/network-of.ts';
import { createDeadline, waitMs } from '@dispatcher/kit/serving/deadline.ts';
import { unavailable } from '@dispatcher/kit/serving/errors.ts';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { InFlight } from '../edge/in-flight.ts';
import { callHeaders } from '../edge/request-headers.ts';
import type { SetCaller } from '../edge/request-log.ts';
import { readBody } from './read-body.ts';
import { createRequestReader } from './read-request.ts';
import type { Route } from './routes.ts';
import { claimsIn, type UndeliveredClaims } from './undelivered-claims.ts';
import { createJsonWriter } from './write-json.ts';

/** What a route needs. */
export interface RouteContext {
  transport: Transport;
  authenticate: Authenticate;
  inFlight: InFlight;
  setCaller: SetCaller;
  undeliveredClaims: UndeliveredClaims;
  /**
   * Limits the bodies that are being received: in all, from one organization and from one key. The services count a
   * call only after its body has arrived.
   */
  bodyAdmissions: Admissions;
  /** Limits the bytes of pages in memory. */
  answerRooms: AnswerRooms;
}

/** Answers requests of one route: authenticates, reads the request, calls the service, and writes the answer. */
export function createUnaryRoute(route: Route, rpc: DescMethodUnary, context: RouteContext) {
  const { transport, authenticate, inFlight, setCaller, undeliveredClaims, bodyAdmissions, answerRooms } = context;
  const read = createRequestReader(route);
  const write = createJsonWriter(rpc.output);
  const isPage = answersWithPage(rpc);
  const mayChange = route.method === 'POST' || route.method === 'PATCH';
  return async (request: FastifyRequest, reply: FastifyReply): Promise<string> => {
    const { raw } = request;
    const inTime = createDeadline();
    const signal = inFlight.enter(reply.raw);
    const caller = await inTime(authenticate(raw.headers.authorization ?? null, networkOf(raw.socket.remoteAddress)));
    setCaller(request, caller);
    const headers = callHeaders(raw.headers, request.id, mayChange);
    // The HTTP server limits how long a client may take to send its body.
    const body = await receiveBody(raw, caller, bodyAdmissions);
    const message = read({ params: request.params as Record<string, string>, url: raw.url ?? '', body });
    const room = isPage ? await answerRooms.enter(caller, signal) : undefined;
    if (room) finished(reply.raw, () => room[Symbol.dispose]());
    const answer = transport.unary(rpc, signal, undefined, headers, message);
    const response = await inTime(answer, waitMs(message)).catch((thrown: unknown) => {
      throw signal.aborted ? unavailable('The server is stopping. Send the request again.') : thrown;
    });
    if (waitMs(message) > 0) await nextTurn();
    undeliveredClaims.watch(claimsIn(response.message), reply.raw, headers);
    reply.code(route.status).header('content-type', 'application/json; charset=utf-8').header('x-request-id', request.id);
    // Answers have keys, claim tokens and private texts.
    reply.header('cache-control', 'no-store');
    const text = write(response.message);
    room?.keep(text.length);
    return text;
  };
}

/** Waits for one turn of the event loop. After that it is known whether the caller has left. */
async function nextTurn(): Promise<void> {
  await setImmediate();
  await setImmediate();
}

async function receiveBody(request: IncomingMessage, caller: Caller, admissions: Admissions) {
  using _admitted = admissions.admit(caller);
  return await readBody(request);
}
