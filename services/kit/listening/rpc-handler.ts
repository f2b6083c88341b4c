import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Http2ServerRequest, Http2ServerResponse } from 'node:http2';
import { Code, ConnectError, createConnectRouter, type Interceptor } from '@connectrpc/connect';
import { type UniversalHandler, type UniversalServerRequest, uResponseNotFound } from '@connectrpc/connect/protocol';
import { compressionBrotli, compressionGzip, universalRequestFromNodeRequest, universalResponseToNodeResponse } from '@connectrpc/connect-node';
import { createAdmissions, openLimits, workLimits } from '../admission/admission.ts';
import type { Authenticate } from '../auth/authentication.ts';
import { dispatcherErrorFrom } from '../serving/errors.ts';
import type { Routes } from '../serving/routes.ts';
import { networkOf } from './network-of.ts';
import { type BodyLimits, boundedBody } from './request-body.ts';

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

export type RpcHandler = (request: IncomingMessage | Http2ServerRequest, response: ServerResponse | Http2ServerResponse) => void;

/**
 * Handles gRPC, gRPC-Web and Connect. It checks the key in the headers before it reads the body. The body must arrive
 * within `receiveTimeoutMs`.
 */
export function createRpcHandler(options: RpcRoutes, receiveTimeoutMs: number, shutdownSignal: AbortSignal): RpcHandler {
  const { authenticate, interceptors } = options;
  const bodies = createAdmissions(workLimits);
  const anonymous = createAdmissions(openLimits);
  const withKey: Check = async (request, address) => {
    const caller = await authenticate(request.header.get('authorization'), address);
    return { admitted: bodies.admit(caller), receiveTimeoutMs };
  };
  const asGateway: Check = async (request, address) => {
    const { scopes } = await authenticate(request.header.get('authorization'), address);
    if (!scopes.has('admin')) throw new ConnectError('This is for gateways, which show the admin key.', Code.PermissionDenied);
    return {};
  };
  const asAnybody: Check = async () => ({ admitted: anonymous.admit({ keyId: 'anybody', organizationId: null }), receiveTimeoutMs });
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
    if (found) void answer(found, request, response);
    else {
      response.statusCode = uResponseNotFound.status;
      response.end();
    }
  };
}

type Check = (request: UniversalServerRequest, address: string) => Promise<BodyLimits>;

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
async function answer(
  { handler, check }: Served,
  nodeRequest: IncomingMessage | Http2ServerRequest,
  nodeResponse: ServerResponse | Http2ServerResponse,
): Promise<void> {
  try {
    const request = universalRequestFromNodeRequest(nodeRequest, nodeResponse, undefined, undefined);
    const address = networkOf(nodeRequest.socket?.remoteAddress);
    const limits = () => check(request, address).catch((thrown: unknown) => Promise.reject(dispatcherErrorFrom(thrown)));
    const body = boundedBody(request.body as AsyncIterable<Uint8Array>, limits);
    const response = await handler({ ...request, body });
    await universalResponseToNodeResponse(response, nodeResponse);
  } catch {
    // The caller has left, or did not send a valid request. Nobody can receive an answer.
    nodeResponse.destroy();
  }
}
