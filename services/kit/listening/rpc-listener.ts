import { once } from 'node:events';
import { createServer as createHttp1Server, type Server as Http1Server } from 'node:http';
import { constants, createServer as createHttp2Server, type Http2Server, type ServerHttp2Session, type ServerHttp2Stream } from 'node:http2';
import { createServer, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import { type ConnectionLimits, type Connections, createConnections } from './connections.ts';
import { linger } from './lingering-close.ts';
import { networkOf } from './network-of.ts';
import type { RpcHandler } from './rpc-handler.ts';
import type { StreamResets } from './stream-resets.ts';
import type { Tls, TlsMaterial } from './tls.ts';

/** The limits of a port for callers that it does not know yet. The defaults are in docs/security.md. */
export interface RpcListenerLimits {
  /** How long a client may take to send its first bytes, its settings over HTTP/2, and a request. */
  readonly receiveTimeoutMs?: number | undefined;
  /** How long a client may take to receive a piece of an answer. */
  readonly takenMs?: number | undefined;
  /** How long a connection without a request stays open. */
  readonly idleMs?: number | undefined;
  /** The most HTTP/2 streams at once on all connections. */
  readonly streams?: number | undefined;
  readonly connections?: ConnectionLimits | undefined;
}

const defaults = { receiveTimeoutMs: 10_000, idleMs: 300_000, streams: 10_000 };

/** The most streams at once on one connection. */
const streamsPerConnection = 1024;

const http2Options = {
  settings: { maxConcurrentStreams: streamsPerConnection, maxHeaderListSize: 16 * 1024 },
  maxHeaderListPairs: 100,
  // `StreamResets` limits resets by their caller. The limits of Node only stop what arrives within one turn.
  streamResetBurst: 10_000,
  streamResetRate: 1_000,
};

/** How long an answer has to be sent before its stream is ended. */
const answeredMs = 100;

/** At a stop, connections that do not end by themselves are closed after this time. */
const lateMs = 10_000;

/** A port for HTTP/2 and HTTP/1.1. The first bytes of a connection decide. */
export interface RpcListener {
  readonly server: Server;
  /** Closes the port. Calls in flight have 10 s to finish. */
  close(): Promise<void>;
}

/** Creates the port. It does not listen yet. */
export function createRpcListener(handler: RpcHandler, tls: Tls | null, limits: RpcListenerLimits, resets: StreamResets): RpcListener {
  const { receiveTimeoutMs = defaults.receiveTimeoutMs, idleMs = defaults.idleMs, streams = defaults.streams } = limits;
  const connections = createConnections(limits.connections);
  const sockets = new Set<Socket>();
  const sessions = new Set<ServerHttp2Session>();
  const http1 = createHttp1(handler, connections, receiveTimeoutMs, idleMs);
  const http2 = createHttp2Server(http2Options, (request, response) => {
    // The stream was refused, or was reset before its turn.
    if (!request.stream.closed) handler(request, response);
  });
  http2.on('stream', (stream) => {
    endUnread(stream);
    resets.watch(stream, networkOf(stream.session?.socket.remoteAddress));
  });
  http2.on('session', (session) => {
    sessions.add(session);
    session.once('close', () => sessions.delete(session));
    session.on('error', () => session.destroy());
  });
  limitStreams(http2, streams);
  const onConnection = (socket: Socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
    socket.on('error', () => socket.destroy());
    socket.setTimeout(receiveTimeoutMs, () => socket.destroy());
    chooseProtocol(socket, (isHttp2) => {
      socket.setTimeout(0);
      socket.removeAllListeners('timeout');
      if (isHttp2) watchSession(http2, socket, connections, receiveTimeoutMs, idleMs);
      (isHttp2 ? http2 : http1).emit('connection', socket);
    });
  };
  const server = tls ? createTlsListener(tls, receiveTimeoutMs, onConnection) : createServer(onConnection);
  // This also counts connections that never complete the TLS handshake.
  server.prependListener('connection', connections.add);
  return {
    server,
    async close() {
      const closed = once(server, 'close');
      server.close();
      for (const session of sessions) session.close();
      http1.close();
      const late = setTimeout(() => {
        for (const socket of sockets) socket.destroy();
      }, lateMs);
      await closed;
      clearTimeout(late);
    },
  };
}

function createHttp1(handler: RpcHandler, connections: Connections, receiveTimeoutMs: number, idleMs: number): Http1Server {
  const options = {
    headersTimeout: receiveTimeoutMs,
    requestTimeout: receiveTimeoutMs,
    keepAliveTimeout: idleMs,
    connectionsCheckingInterval: Math.min(1000, receiveTimeoutMs),
  };
  const http1 = createHttp1Server(options, (request, response) => {
    const { socket } = request;
    connections.begin(socket);
    response.once('close', () => connections.end(socket));
    linger(request, response);
    handler(request, response);
  });
  // This server gets its connections from here. It checks their time limits only after the event that it listens.
  http1.emit('listening');
  return http1;
}

const preface = 'PRI';

/** Reads the first bytes, which may arrive in pieces, and puts them back for the server that gets the connection. */
function chooseProtocol(socket: Socket, choose: (isHttp2: boolean) => void): void {
  let received = Buffer.alloc(0);
  const onReadable = () => {
    const bytes: Buffer | null = socket.read();
    if (!bytes) return;
    received = Buffer.concat([received, bytes]);
    const start = received.toString('latin1', 0, preface.length);
    if (start.length < preface.length && preface.startsWith(start)) return;
    socket.off('readable', onReadable);
    socket.unshift(received);
    choose(start === preface);
  };
  socket.on('readable', onReadable);
}

/** Ends a session that does not send its settings in time, and a session that has no stream for a while. */
function watchSession(http2: Http2Server, socket: Socket, connections: Connections, receiveTimeoutMs: number, idleMs: number): void {
  http2.once('session', (session: ServerHttp2Session) => {
    let timer = setTimeout(() => session.destroy(), receiveTimeoutMs);
    let running = 0;
    const endWhenIdle = () => {
      clearTimeout(timer);
      timer = setTimeout(() => session.close(), idleMs);
    };
    session.once('remoteSettings', () => running === 0 && endWhenIdle());
    session.on('stream', (stream) => {
      running += 1;
      clearTimeout(timer);
      connections.begin(socket);
      stream.once('close', () => {
        running -= 1;
        connections.end(socket);
        if (running === 0) endWhenIdle();
      });
    });
    session.once('close', () => clearTimeout(timer));
  });
}

/**
 * Refuses a new stream when there are `most` streams in all, before any work is done for it. gRPC clients know that
 * they can repeat such a call.
 */
function limitStreams(http2: Http2Server, most: number): void {
  let open = 0;
  http2.prependListener('stream', (stream: ServerHttp2Stream) => {
    if (open >= most) {
      stream.close(constants.NGHTTP2_REFUSED_STREAM);
      return;
    }
    open += 1;
    stream.once('close', () => {
      open -= 1;
    });
  });
}

/** Ends the stream of a call that was answered before its whole body arrived. Otherwise the stream would stay open. */
function endUnread(stream: ServerHttp2Stream): void {
  const end = () => {
    stream.close(constants.NGHTTP2_NO_ERROR);
    // Without this, bytes that nobody reads keep the stream open.
    stream.destroy();
  };
  stream.once('finish', () => {
    if (!stream.readableEnded) setTimeout(end, answeredMs).unref();
  });
}

function createTlsListener(tls: Tls, handshakeTimeout: number, onConnection: (socket: Socket) => void): Server {
  const server = createTlsServer({ ...secretsOf(tls.current), ALPNProtocols: ['h2', 'http/1.1'], handshakeTimeout }, onConnection);
  // Node leaves a connection open whose handshake fails or takes too long.
  server.on('tlsClientError', (_error, socket) => socket.destroy());
  tls.onRenewed((material) => server.setSecureContext(secretsOf(material)));
  return server;
}

function secretsOf({ cert, key, ca }: TlsMaterial) {
  const mutual = ca && { ca, requestCert: true, rejectUnauthorized: true };
  return { cert, key, minVersion: 'TLSv1.2' as const, ...mutual };
}
