import type { DescMethodUnary } from '@bufbuild/protobuf';
import type { Transport } from '@connectrpc/connect';
import type { Authenticate } from '@dispatcher/kit/authentication.ts';
import { unavailable } from '@dispatcher/kit/errors.ts';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { InFlight } from './in-flight.ts';
import { readBody } from './read-body.ts';
import { createRequestReader } from './read-request.ts';
import { callHeaders } from './request-headers.ts';
import type { Route } from './routes.ts';
import { createJsonWriter } from './write-json.ts';

/** What a route needs to answer. */
export interface RouteContext {
  transport: Transport;
  authenticate: Authenticate;
  inFlight: InFlight;
}

/** Answers one route: who is calling, what do they send, what does the service say. */
export function createUnaryRoute(route: Route, rpc: DescMethodUnary, { transport, authenticate, inFlight }: RouteContext) {
  const read = createRequestReader(route);
  const write = createJsonWriter(rpc.output);
  const mayChange = route.method === 'POST' || route.method === 'PATCH';
  return async (request: FastifyRequest, reply: FastifyReply): Promise<string> => {
    const { raw } = request;
    const signal = inFlight.enter(reply.raw);
    await authenticate(raw.headers.authorization ?? null);
    const headers = callHeaders(raw.headers, request.id, mayChange);
    const body = await readBody(raw);
    const message = read({ params: request.params as Record<string, string>, url: raw.url ?? '', body });
    const response = await transport.unary(rpc, signal, undefined, headers, message).catch((thrown: unknown) => {
      throw signal.aborted ? unavailable('The server is stopping; send the request again.') : thrown;
    });
    reply.code(route.status).header('content-type', 'application/json; charset=utf-8').header('x-request-id', request.id);
    return write(response.message);
  };
}
