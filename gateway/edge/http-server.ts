import { randomUUID } from 'node:crypto';
import type { Server as HttpServer, IncomingMessage, RequestListener, ServerOptions, ServerResponse } from 'node:http';
import { createServer, type Server } from 'node:https';
import type { Socket } from 'node:net';
import { type ConnectionLimits, createConnections } from '@dispatcher/kit/listening/connections.ts';
import type { Tls, TlsMaterial } from '@dispatcher/kit/listening/tls.ts';
import { DispatcherError } from '@dispatcher/kit/serving/errors.ts';
import type { Log } from '@dispatcher/kit/telemetry/log.ts';
import { type FastifyInstance, type FastifyReply, type FastifyRequest, fastify } from 'fastify';
import { errorAnswer, failureFrom } from '../rest/error-answer.ts';
import { methodsAt } from '../rest/routes.ts';
import { requestIdOf } from './request-headers.ts';

/** How long a client may take to send its headers, and its whole request. An answer may take longer. */
const defaultReceiveTimeoutMs = 10_000;

/** Longer than the usual 60 s of a load balancer, so that the gateway does not close a connection under a request. */
const defaultKeepAliveMs = 72_000;

/** How long a client may take for the TLS handshake. */
const tlsHandshakeMs = 10_000;

/** The size of all headers of a request together. */
const headersMaxBytes = 16 * 1024;

const emptyQuery = {};

/** How long a client may take to receive an answer. Streams have no end, and a limit of their own. */
const defaultTakenMs = 30_000;

/** The limits of the port, where they differ from docs/security.md, and its certificate. */
export interface HttpServerOptions {
  readonly receiveTimeoutMs?: number;
  readonly takenMs?: number;
  readonly keepAliveMs?: number;
  readonly connections?: ConnectionLimits;
  readonly tls?: Tls | null;
}

/** Creates a Fastify instance without routes. It has the limits, and the answers for requests without a route. */
export function createHttpServer(log: Log, options: HttpServerOptions = {}): FastifyInstance {
  const { receiveTimeoutMs = defaultReceiveTimeoutMs, takenMs = defaultTakenMs, keepAliveMs = defaultKeepAliveMs, tls } = options;
  const http = { maxHeaderSize: headersMaxBytes, headersTimeout: receiveTimeoutMs, connectionsCheckingInterval: 1000 };
  const server = fastify({
    genReqId: requestIdOf,
    requestTimeout: receiveTimeoutMs,
    keepAliveTimeout: keepAliveMs,
    return503OnClosing: false,
    http,
    ...(tls && {
      serverFactory: (handler: RequestListener) =>
        createHttpsServer(tls, { ...http, requestTimeout: receiveTimeoutMs, keepAliveTimeout: keepAliveMs }, handler),
    }),
    routerOptions: { maxParamLength: headersMaxBytes, querystringParser: () => emptyQuery },
    frameworkErrors: (error, request, reply) => sendError(log, error, request, reply),
    clientErrorHandler: refuseConnection,
  });
  limitConnections(server.server, takenMs, options.connections);
  // The route reads the body after it knows the caller.
  server.removeAllContentTypeParsers();
  server.addContentTypeParser('*', (_request, _payload, done) => done(null));
  server.setErrorHandler((error, request, reply) => sendError(log, error, request, reply));
  const refuseUnknown = async (request: FastifyRequest, reply: FastifyReply) => sendError(log, unknownRoute(request, reply), request, reply);
  server.setNotFoundHandler(refuseUnknown);
  // Before Fastify looks at the Content-Type: nothing about a body matters where there is no route.
  server.addHook('onRequest', async (request, reply) => {
    if (request.is404) await refuseUnknown(request, reply);
  });
  return server;
}

/** Counts connections, including streams, closes idle ones near the limit, and those that do not receive an answer. */
function limitConnections(server: HttpServer, takenMs: number, limits?: ConnectionLimits): void {
  const connections = createConnections(limits);
  // This also counts connections that never complete the TLS handshake.
  server.prependListener('connection', connections.add);
  server.on('request', ({ socket }: IncomingMessage, response: ServerResponse) => {
    connections.begin(socket);
    let late: NodeJS.Timeout | undefined;
    response.once('prefinish', () => {
      late = setTimeout(() => socket.destroy(), takenMs).unref();
    });
    response.once('close', () => {
      clearTimeout(late);
      connections.end(socket);
    });
  });
}

function createHttpsServer(tls: Tls, options: ServerOptions, handler: RequestListener): Server {
  const server = createServer({ ...options, ...secretsOf(tls.current), handshakeTimeout: tlsHandshakeMs }, handler);
  tls.onRenewed((material) => server.setSecureContext(secretsOf(material)));
  return server;
}

/** Clients have a key and no certificate, so the gateway does not use the authority of the processes here. */
const secretsOf = ({ cert, key }: TlsMaterial) => ({ cert, key, minVersion: 'TLSv1.2' as const });

/** Answers with an error. An unexpected one goes to the log, with the id of the request. */
function sendError(log: Log, thrown: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const failure = failureFrom(thrown);
  if (failure.reason === 'internal' && failure !== thrown && failure.cause !== undefined) {
    log.error({ err: failure.cause, request_id: request.id }, 'unexpected error');
  }
  const { status, headers, body } = errorAnswer(failure);
  return reply.code(status).headers(headers).header('x-request-id', request.id).send(body);
}

function unknownRoute({ method, url }: FastifyRequest, reply: FastifyReply): DispatcherError {
  const path = url.replace(/\?.*$/s, '');
  const allowed = methodsAt(path);
  if (allowed.length === 0) return new DispatcherError('unknown_route', `There is nothing at this path. ${hintFor(path)}`);
  reply.header('allow', allowed.join(', '));
  return new DispatcherError('unknown_route', `This path does not accept ${method}. It accepts ${allowed.join(', ')}.`);
}

/** A hint for people who leave out the beginning of the path, or write another version. */
function hintFor(path: string): string {
  const rest = path.replace(/^(\/api)?(\/v\d+)?(\/dispatcher)?(?=\/|$)/, '');
  if (rest.length < 100 && methodsAt(basePath + rest).length > 0) return `Every path begins with ${basePath}: try ${basePath}${rest}`;
  return `Every path begins with ${basePath}. /openapi.json lists them all.`;
}

const basePath = '/api/v1/dispatcher';

/** Answers bytes that are not HTTP, headers that are too large, and requests that are too slow. */
function refuseConnection(error: Error & { code?: string }, socket: Socket): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy();
    return;
  }
  const { status = '400 Bad Request', sentence } = refusals[error.code ?? ''] ?? { sentence: 'The request is not valid HTTP.' };
  const { headers, body } = errorAnswer(new DispatcherError('invalid_argument', sentence));
  const more = { 'x-request-id': randomUUID(), 'content-length': String(Buffer.byteLength(body)), connection: 'close' };
  const lines = Object.entries({ ...headers, ...more });
  socket.end(`HTTP/1.1 ${status}\r\n${lines.map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n${body}`, () => socket.destroy());
}

/** Load balancers know the status 431. */
const refusals: Record<string, { status?: string; sentence: string }> = {
  ERR_HTTP_REQUEST_TIMEOUT: { sentence: 'The request did not arrive in time.' },
  HPE_HEADER_OVERFLOW: {
    status: '431 Request Header Fields Too Large',
    sentence: `The headers are larger than ${headersMaxBytes / 1024} KiB.`,
  },
};
