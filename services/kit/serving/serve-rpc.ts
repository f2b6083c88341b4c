import { once } from 'node:events';
import { createServer as createHttp1Server } from 'node:http';
import { constants, createServer as createHttp2Server, type ServerHttp2Session, type ServerHttp2Stream } from 'node:http2';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import { linger } from './lingering-close.ts';
import { createRpcHandler, type RpcHandler, type RpcRoutes } from './rpc-handler.ts';
import type { Tls, TlsMaterial } from './tls.ts';

/** A connection that has not said by then what it speaks, or sent the request it began over HTTP/1.1, is closed. */
const defaultReceiveTimeoutMs = 10_000;

/** Connections at once. */
const maxConnections = 10_000;

/** What to serve, and where. */
export interface RpcServerOptions extends RpcRoutes {
  host: string;
  /** 0 takes any free port. */
  port: number;
  /** With it, only TLS is spoken; and where it names an authority, only with clients that are certified by it. */
  tls?: Tls | null;
  /** How long a client may take to say what it speaks, and to send a request over HTTP/1.1; 10 s when absent. */
  receiveTimeoutMs?: number;
}

/** A listener for gRPC, gRPC-Web and Connect. Disposing it lets calls in flight finish, for at most 10 s. */
export interface RpcServer extends AsyncDisposable {
  readonly port: number;
}

/** Serves methods on one port: over HTTP/2 as gRPC clients speak it, and over HTTP/1.1 for Connect. */
export async function serveRpc(options: RpcServerOptions): Promise<RpcServer> {
  const shutdown = new AbortController();
  const receiveTimeoutMs = options.receiveTimeoutMs ?? defaultReceiveTimeoutMs;
  const handler = createRpcHandler(options, receiveTimeoutMs, shutdown.signal);
  const listener = createListener(handler, receiveTimeoutMs, options.tls ?? null);
  listener.server.listen(options.port, options.host);
  await once(listener.server, 'listening');
  return {
    port: (listener.server.address() as AddressInfo).port,
    async [Symbol.asyncDispose]() {
      shutdown.abort();
      await listener.close();
    },
  };
}

/** Gives each connection to the HTTP/2 or the HTTP/1.1 server by its first bytes. */
function createListener(handler: RpcHandler, receiveTimeoutMs: number, tls: Tls | null) {
  const sockets = new Set<Socket>();
  const sessions = new Set<ServerHttp2Session>();
  const http1 = createHttp1Server(
    { headersTimeout: receiveTimeoutMs, requestTimeout: receiveTimeoutMs, connectionsCheckingInterval: Math.min(1000, receiveTimeoutMs) },
    (request, response) => {
      linger(request, response);
      handler(request, response);
    },
  );
  // It is given its connections, and looks at their time limits only once it believes that it listens.
  http1.emit('listening');
  const http2 = createHttp2Server({ settings: { maxConcurrentStreams: 1024 } }, handler);
  http2.on('stream', endUnread);
  http2.on('session', (session) => {
    sessions.add(session);
    session.once('close', () => sessions.delete(session));
  });
  const onConnection = (socket: Socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
    socket.on('error', () => socket.destroy());
    socket.setTimeout(receiveTimeoutMs, () => socket.destroy());
    // What was read to look at it is put back: either server takes up what a connection has already received.
    socket.once('readable', () => {
      const hello: Buffer | null = socket.read();
      if (!hello) return;
      socket.setTimeout(0);
      socket.removeAllListeners('timeout');
      socket.unshift(hello);
      (hello.toString('latin1', 0, 3) === 'PRI' ? http2 : http1).emit('connection', socket);
    });
  };
  const server = tls ? createTlsListener(tls, receiveTimeoutMs, onConnection) : createServer(onConnection);
  server.maxConnections = maxConnections;
  const close = async () => {
    const closed = once(server, 'close');
    server.close();
    for (const session of sessions) session.close();
    http1.close();
    const late = setTimeout(() => {
      for (const socket of sockets) socket.destroy();
    }, 10_000);
    await closed;
    clearTimeout(late);
  };
  return { server, close };
}

/** Long enough for the answer to be out. */
const answeredMs = 100;

/** A call that was answered before all of it had come, one with a message too large say, would hold its stream for as long as its connection lives. */
function endUnread(stream: ServerHttp2Stream): void {
  const end = () => {
    stream.close(constants.NGHTTP2_NO_ERROR);
    // What came and nobody will read keeps it open else.
    stream.destroy();
  };
  stream.once('finish', () => {
    if (!stream.readableEnded) setTimeout(end, answeredMs).unref();
  });
}

function createTlsListener(tls: Tls, handshakeTimeout: number, onConnection: (socket: Socket) => void): Server {
  const server = createTlsServer({ ...secretsOf(tls.current), ALPNProtocols: ['h2', 'http/1.1'], handshakeTimeout }, onConnection);
  tls.onRenewed((material) => server.setSecureContext(secretsOf(material)));
  return server;
}

function secretsOf({ cert, key, ca }: TlsMaterial) {
  const mutual = ca && { ca, requestCert: true, rejectUnauthorized: true };
  return { cert, key, minVersion: 'TLSv1.2' as const, ...mutual };
}
