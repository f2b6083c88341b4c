import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { UnreadAnswers } from './answer-body.ts';
import { createRpcHandler, type RpcRoutes } from './rpc-handler.ts';
import { createRpcListener, type RpcListenerLimits } from './rpc-listener.ts';
import { createStreamResets } from './stream-resets.ts';
import type { Tls } from './tls.ts';

/** How long the body of a call may take to arrive. */
const defaultReceiveTimeoutMs = 10_000;

/** The methods to serve, and the address. */
export interface RpcServerOptions extends RpcRoutes {
  host: string;
  /** 0 takes any free port. */
  port: number;
  /**
   * With it the port accepts only TLS. When it names an authority, clients must have a certificate of that authority.
   */
  tls?: Tls | null;
  limits?: RpcListenerLimits;
}

/** A server for gRPC, gRPC-Web and Connect. When it is disposed, calls in flight have 10 s to finish. */
export interface RpcServer extends AsyncDisposable {
  readonly port: number;
}

/** Serves methods on one port: over HTTP/2 for gRPC clients, and over HTTP/1.1 for Connect. */
export async function serveRpc(options: RpcServerOptions): Promise<RpcServer> {
  const { host, port, tls = null, limits = {} } = options;
  const shutdown = new AbortController();
  const { receiveTimeoutMs = defaultReceiveTimeoutMs, takenMs } = limits;
  const resets = createStreamResets();
  const handler = createRpcHandler(options, { receiveTimeoutMs, resets, unread: new UnreadAnswers(takenMs) }, shutdown.signal);
  const listener = createRpcListener(handler, tls, limits, resets);
  listener.server.listen(port, host);
  await once(listener.server, 'listening');
  return {
    port: (listener.server.address() as AddressInfo).port,
    async [Symbol.asyncDispose]() {
      shutdown.abort();
      await listener.close();
    },
  };
}
