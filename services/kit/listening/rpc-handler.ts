import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Http2ServerRequest, Http2ServerResponse } from 'node:http2';
import { Code, ConnectError, createConnectRouter, type Interceptor } from '@connectrpc/connect';
import { type UniversalHandler, uResponseNotFound } from '@connectrpc/connect/protocol';
import { compressionBrotli, compressionGzip, universalRequestFromNodeRequest, universalResponseToNodeResponse } from '@connectrpc/connect-node';
import { createAdmissions, workLimits } from '../admission/admission.ts';
import { AnswerRooms, answersWithPage } from '../admission/answer-rooms.ts';
import type { Turn } from '../admission/semaphore.ts';
import type { Authenticate } from '../auth/authentication.ts';
import { dispatcherErrorFrom } from '../serving/errors.ts';
import type { Routes } from '../serving/routes.ts';
import type { UnreadAnswers } from './answer-body.ts';
import { writeGrpcMessage } from './grpc-message.ts';
import { networkOf } from './network-of.ts';
import { createOpenCalls } from './open-calls.ts';
import { type BodyLimits, boundedBody } from './request-body.ts';
import type { StreamResets } from './stream-resets.ts';

/** The largest message in both directions. */
const messageMaxBytes = 1024 * 1024;

/** The largest message for health and reflection. Their requests are small, and anybody may send them. */
const openMessageMaxBytes = 16 * 1024;

/** The methods of a port, grouped by who may call them. */
export interface RpcRoutes {
  /** Methods for callers with a key. The interceptors check what the key may do. */
  readonly routes: readonly Routes[];
  readonly interceptors: Interceptor[];
  readonly authenticate: Authenticate;
  /** Methods only for callers with the admin key: the channel of the gateways. Its streams have no end. */
  readonly internal?: readonly Routes[];
  /** Methods for everybody: health and reflection. */
  readonly open: readonly Routes[];
}

export type RpcHandler = (request: NodeRequest, response: NodeResponse) => void;

type NodeRequest = IncomingMessage | Http2ServerRequest;
type NodeResponse = ServerResponse | Http2ServerResponse;

/** The limits of the calls on a port. */
export interface RpcHandlerLimits {
  /** The body of a call must arrive within this time. */
  readonly receiveTimeoutMs: number;
  readonly resets: StreamResets;
  readonly unread: UnreadAnswers;
}

/** Handles gRPC, gRPC-Web and Connect. It checks the key in the headers before it reads the body. */
export function createRpcHandler(options: RpcRoutes, limits: RpcHandlerLimits, shutdownSignal: AbortSignal): RpcHandler {
  const { interceptors } = options;
  const { receiveTimeoutMs, resets, unread } = limits;
  const bodies = createAdmissions(workLimits);
  const rooms = new AnswerRooms();
  const openCalls = createOpenCalls();
  const callerOf = async ({ header, node, address }: Arrived) => {
    const caller = await options.authenticate(header.get('authorization'), address);
    if ('stream' in node) resets.belongsTo(node.stream.session, caller);
    return caller;
  };
  const withKey: Check = async (arrived) => {
    const caller = await callerOf(arrived);
    if (arrived.answersWithPage) {
      arrived.room = await rooms.enter(caller, arrived.signal);
      arrived.hold(arrived.room);
    }
    return { admitted: bodies.admit(caller), receiveTimeoutMs };
  };
  const asGateway: Check = async (arrived) => {
    const { scopes } = await callerOf(arrived);
    if (!scopes.has('admin')) throw new ConnectError('This is for gateways, which show the admin key.', Code.PermissionDenied);
    return {};
  };
  const asAnybody: Check = async ({ address, response, hold }) => {
    hold(openCalls.enter(address, () => response.destroy()));
    return { receiveTimeoutMs };
  };
  const router = (routes: readonly Routes[], readMaxBytes: number, check: Check, use: Interceptor[] = []): Served[] =>
    handlersOf(routes, { readMaxBytes, interceptors: use, shutdownSignal }).map((handler) => ({ handler, check }));
  const served = [
    ...router(options.routes, messageMaxBytes, withKey, interceptors),
    ...router(options.internal ?? [], messageMaxBytes, asGateway),
    ...router(options.open, openMessageMaxBytes, asAnybody),
  ];
  const byPath = new Map(served.map((one) => [one.handler.requestPath, one]));
  return (request, response) => {
    const found = byPath.get(request.url?.split('?', 1)[0] ?? '');
    if (found) void answer(found, unread, request, response);
    else {
      response.statusCode = uResponseNotFound.status;
      response.end();
    }
  };
}

/** A call whose headers have arrived. */
interface Arrived {
  readonly header: Headers;
  readonly signal: AbortSignal;
  readonly answersWithPage: boolean;
  readonly node: NodeRequest;
  readonly response: NodeResponse;
  /** The address under which its client is counted. */
  readonly address: string;
  /** Room for a page. The check takes it. */
  room?: Turn;
  /** Disposes something when the answer has been received, or cannot be. */
  hold(part: Disposable): void;
}

type Check = (arrived: Arrived) => Promise<BodyLimits>;

interface Served {
  readonly handler: UniversalHandler;
  readonly check: Check;
}

function handlersOf(routes: readonly Routes[], options: { readMaxBytes: number; interceptors: Interceptor[]; shutdownSignal: AbortSignal }) {
  const router = createConnectRouter({
    ...options,
    writeMaxBytes: 64 * messageMaxBytes,
    maxTimeoutMs: 3_600_000,
    acceptCompression: [compressionGzip, compressionBrotli],
  });
  for (const register of routes) register(router);
  return router.handlers;
}

/**
 * Runs the check when the protocol library begins to read the body, so that the caller gets a refusal in its own
 * protocol.
 */
async function answer({ handler, check }: Served, unread: UnreadAnswers, node: NodeRequest, response: NodeResponse): Promise<void> {
  try {
    const request = universalRequestFromNodeRequest(node, response, undefined, undefined);
    const { header, signal } = request;
    const address = networkOf(node.socket?.remoteAddress);
    const hold = holdUntilClosed(response);
    const arrived: Arrived = { header, signal, node, response, address, hold, answersWithPage: answersWithPage(handler.method) };
    const limits = () => check(arrived).catch((thrown: unknown) => Promise.reject(dispatcherErrorFrom(thrown)));
    const answered = await handler({ ...request, body: boundedBody(request.body as AsyncIterable<Uint8Array>, limits) });
    const { body } = answered;
    writeGrpcMessage(answered.trailer);
    await universalResponseToNodeResponse(body ? { ...answered, body: unread.of(body, response, arrived.room) } : answered, response);
  } catch {
    // The caller has left, or did not send a valid request. Nobody can receive an answer.
    response.destroy();
  }
}

function holdUntilClosed(response: NodeResponse): Arrived['hold'] {
  const held = new DisposableStack();
  response.once('close', () => held.dispose());
  return (part) => {
    if (held.disposed) part[Symbol.dispose]();
    else held.use(part);
  };
}
