import { once } from 'node:events';
import { type ClientHttp2Session, type ClientHttp2Stream, connect as connectHttp2, constants } from 'node:http2';
import { connect, type Socket } from 'node:net';
import { within } from '@dispatcher/testing/harness/patience.ts';
import { testWhere } from '@dispatcher/testing/harness/test-where.ts';
import { canMakeCertificates, useCertificates } from '@dispatcher/testing/topology/use-certificates.ts';
import { StatsService } from '@recursiv/proto/gen/dispatcher/v1/stats_pb.ts';
import { TaskService } from '@recursiv/proto/gen/dispatcher/v1/task_pb.ts';
import { expect, test, vi } from 'vitest';
import { createApiKey } from '../auth/api-key.ts';
import { createAuthenticate } from '../auth/authentication.ts';
import { healthRoutes } from '../serving/health.ts';
import { createLog } from '../telemetry/log.ts';
import type { RpcListenerLimits } from './rpc-listener.ts';
import { serveRpc } from './serve-rpc.ts';
import { type Tls, watchTls } from './tls.ts';

/** A port with a method that reads, a method that waits, and health. `calls` has the calls that reached a handler. */
async function usePort(limits: RpcListenerLimits = {}, tls: Tls | null = null) {
  const calls: string[] = [];
  const routes = [
    (router: Parameters<ReturnType<typeof healthRoutes>>[0]) => {
      router.service(TaskService, { createTask: ({ title }) => ({ data: { title: `${title}${calls.push(title)}` } }) });
      router.service(StatsService, {
        getStats: async (_request, { signal }) => {
          calls.push('waiting');
          await once(signal, 'abort');
          return {};
        },
      });
    },
  ];
  const open = [healthRoutes([], async () => ({ ready: true, failing: [] }))];
  const authenticate = createAuthenticate('admin', async () => null);
  const server = await serveRpc({ host: '127.0.0.1', port: 0, routes, interceptors: [], authenticate, open, limits, tls });
  return { calls, port: server.port, [Symbol.asyncDispose]: () => server[Symbol.asyncDispose]() };
}

async function useSession(port: number) {
  const session = connectHttp2(`http://127.0.0.1:${port}`);
  session.on('error', () => undefined);
  await once(session, 'connect');
  return Object.assign(session, { [Symbol.dispose]: () => session.destroy() });
}

function begin(session: ClientHttp2Session, path: string, headers: Record<string, string> = {}): ClientHttp2Stream {
  const stream = session.request({ ':method': 'POST', ':path': path, 'content-type': 'application/grpc', te: 'trailers', ...headers });
  stream.on('error', () => undefined);
  return stream;
}

/** The gRPC status of an answer, in its headers or its trailers. */
async function statusOf(stream: ClientHttp2Stream): Promise<string | undefined> {
  let status: string | undefined;
  const note = (headers: object) => {
    status ??= (headers as Record<string, string>)['grpc-status'];
  };
  stream.on('response', note);
  stream.on('trailers', note);
  stream.resume();
  await once(stream, 'close');
  return status;
}

const health = '/grpc.health.v1.Health/Check';
const createTask = '/dispatcher.v1.TaskService/CreateTask';
const getStats = '/dispatcher.v1.StatsService/GetStats';
const admin = { authorization: 'Bearer admin' };

function frameOf(message: Uint8Array, announced = message.length): Buffer {
  const head = Buffer.alloc(5);
  head.writeUInt32BE(announced, 1);
  return Buffer.concat([head, message]);
}

async function useSocket(port: number): Promise<Socket & Disposable> {
  const socket = connect(port, '127.0.0.1');
  socket.on('error', () => undefined);
  socket.resume();
  await once(socket, 'connect');
  return Object.assign(socket, { [Symbol.dispose]: () => void socket.destroy() });
}

test('a call without a key is refused although its body never ends, and keeps no resources', async () => {
  await using port = await usePort();
  using session = await useSession(port.port);
  const streams = Array.from({ length: 200 }, () => {
    const stream = begin(session, createTask);
    stream.write(frameOf(Buffer.alloc(30_000), 1_000_000));
    return stream;
  });
  const statuses = await Promise.all(streams.map((stream) => within(5_000, statusOf(stream))));
  expect(new Set(statuses)).toEqual(new Set(['16']));
  expect(port.calls).toEqual([]);
});

test('a caller with a known key may send its body, and a body that does not arrive in time ends the call', async () => {
  await using port = await usePort({ receiveTimeoutMs: 300 });
  using session = await useSession(port.port);
  const whole = begin(session, createTask, admin);
  whole.end(frameOf(Buffer.from([0x1a, 3, 0x6f, 0x6e, 0x65])));
  expect(await statusOf(whole)).toBe('0');
  const half = begin(session, createTask, admin);
  half.write(frameOf(Buffer.alloc(10), 1000));
  expect(await within(5_000, statusOf(half))).toBe('4');
});

test('the message of a refusal is readable', async () => {
  await using port = await usePort();
  using session = await useSession(port.port);
  const stream = begin(session, createTask).end(frameOf(Buffer.alloc(0)));
  const [trailers] = await once(stream.resume(), 'trailers');
  expect(trailers['grpc-message']).toContain('"Authorization: Bearer');
});

test('a preface that arrives in pieces is understood', async () => {
  await using port = await usePort();
  using socket = await useSocket(port.port);
  socket.setNoDelay(true);
  let received = Buffer.alloc(0);
  socket.on('data', (bytes: Buffer) => {
    received = Buffer.concat([received, bytes]);
  });
  for (const piece of ['P', 'R', 'I', ' * HT', 'TP/2.0\r\n\r\nSM\r', '\n\r\n']) {
    socket.write(piece);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  socket.write(Buffer.from([0, 0, 0, 4, 0, 0, 0, 0, 0]));
  // The first frame of an HTTP/2 server is a SETTINGS frame.
  await vi.waitFor(() => expect(received[3]).toBe(4));
});

test.each([
  ['the beginning of a preface', 'PR'],
  ['a preface and no settings', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'],
])('a connection that sends %s is closed in time', async (_name, sent) => {
  await using port = await usePort({ receiveTimeoutMs: 300 });
  using socket = await useSocket(port.port);
  socket.write(sent);
  await within(5_000, once(socket, 'close'));
});

test('a session without a stream is closed after a while, and a session with a waiting call is not', async () => {
  await using port = await usePort({ idleMs: 200 });
  using idle = await useSession(port.port);
  using busy = await useSession(port.port);
  const waiting = begin(busy, getStats, admin);
  waiting.end(frameOf(Buffer.alloc(0)));
  await within(5_000, once(idle, 'close'));
  expect(busy.closed).toBe(false);
  expect(port.calls).toEqual(['waiting']);
});

test('streams over the total limit are refused in a way that lets clients repeat them', async () => {
  await using port = await usePort({ streams: 2 });
  using session = await useSession(port.port);
  const waiting = [0, 1].map(() => begin(session, getStats, admin).end(frameOf(Buffer.alloc(0))));
  await vi.waitFor(() => expect(port.calls).toHaveLength(2));
  const refused = begin(session, getStats, admin);
  await new Promise((resolve) => refused.once('close', resolve));
  expect(refused.rstCode).toBe(constants.NGHTTP2_REFUSED_STREAM);
  for (const stream of waiting) stream.close();
  await vi.waitFor(async () => {
    expect(await statusOf(begin(session, health).end(frameOf(Buffer.alloc(0))))).toBe('0');
  });
});

test('a stranger who holds every connection that the port allows does not block others', async () => {
  await using port = await usePort({ connections: { total: 50, perAddress: 40 } });
  const held = await Promise.all(Array.from({ length: 100 }, () => useSocket(port.port)));
  for (const socket of held) socket.write('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n');
  for (let i = 0; i < 5; i++) {
    using session = await useSession(port.port);
    expect(await statusOf(begin(session, health).end(frameOf(Buffer.alloc(0))))).toBe('0');
  }
  for (const socket of held) socket.destroy();
});

test('half-sent health checks do not block other callers', async () => {
  await using port = await usePort();
  using session = await useSession(port.port);
  const held = Array.from({ length: 256 }, () => {
    const stream = begin(session, health);
    stream.write(frameOf(Buffer.alloc(0), 10));
    return stream;
  });
  const ended = held.slice(0, 256 - 64).map((stream) => within(5_000, once(stream, 'close')));
  for (let i = 0; i < 20; i++) expect(await statusOf(begin(session, health).end(frameOf(Buffer.alloc(0))))).toBe('0');
  await Promise.all(ended);
  for (const stream of held) stream.close();
});

test('an address without a key may watch health on a few streams, and beyond that its oldest stream ends', async () => {
  await using port = await usePort();
  using session = await useSession(port.port);
  const watching = Array.from({ length: 100 }, () => begin(session, '/grpc.health.v1.Health/Watch').end(frameOf(Buffer.alloc(0))));
  for (const stream of watching) stream.resume();
  await within(5_000, Promise.all(watching.slice(0, 36).map((stream) => once(stream, 'close'))));
  expect(watching.slice(36).filter(({ closed }) => closed)).toEqual([]);
  expect(await statusOf(begin(session, health).end(frameOf(Buffer.alloc(0))))).toBe('0');
});

/**
 * Begins streams and resets each at once, until the session ends or all are sent. Returns whether the session is still
 * open.
 */
async function resetStreams(session: ClientHttp2Session, count: number, headers: Record<string, string> = {}): Promise<boolean> {
  for (let sent = 0; sent < count && !session.destroyed; sent += 100) {
    const streams = Array.from({ length: 100 }, () => begin(session, getStats, headers));
    await Promise.all(
      streams.map((stream) => (stream.pending && !session.destroyed ? Promise.race([once(stream, 'ready'), once(stream, 'close')]) : null)),
    );
    for (const stream of streams) stream.close(constants.NGHTTP2_CANCEL);
    await Promise.all(streams.map((stream) => stream.closed || once(stream, 'close')));
  }
  return !session.destroyed;
}

test('a stranger who resets streams loses the connection, and soon every new one as well', async () => {
  await using port = await usePort();
  using first = await useSession(port.port);
  await resetStreams(first, 5000);
  await within(
    5_000,
    vi.waitFor(() => expect(first.destroyed).toBe(true)),
  );
  using second = await useSession(port.port);
  await resetStreams(second, 2000);
  await within(
    5_000,
    vi.waitFor(() => expect(second.destroyed).toBe(true)),
  );
});

test('a gateway may reset a stream for each reader that leaves, without a limit', async () => {
  await using port = await usePort();
  using session = await useSession(port.port);
  expect(await statusOf(begin(session, createTask, admin).end(frameOf(Buffer.from([0x1a, 3, 0x6f, 0x6e, 0x65]))))).toBe('0');
  expect(await resetStreams(session, 3000, admin)).toBe(true);
  expect(await statusOf(begin(session, health).end(frameOf(Buffer.alloc(0))))).toBe('0');
});

test('an answer that its client does not receive in time is dropped', async () => {
  await using port = await usePort({ takenMs: 300 });
  using session = await useSession(port.port);
  const title = Buffer.alloc(200_000, 'x');
  const unread = begin(session, createTask, admin);
  unread.end(frameOf(Buffer.concat([Buffer.from([0x1a, 0xc0, 0x9a, 0x0c]), title])));
  await within(5_000, once(unread, 'response'));
  unread.pause();
  await within(
    5_000,
    vi.waitFor(() => expect(unread.rstCode).toBe(constants.NGHTTP2_ENHANCE_YOUR_CALM)),
  );
  const read = begin(session, createTask, admin);
  expect(await statusOf(read.end(frameOf(Buffer.concat([Buffer.from([0x1a, 0xc0, 0x9a, 0x0c]), title]))))).toBe('0');
});

testWhere(canMakeCertificates, 'openssl')('connections that never finish the handshake of TLS are counted', async () => {
  await using files = await useCertificates();
  using tls = await watchTls({ TLS_CERT: files.cert, TLS_KEY: files.key }, createLog('silent'));
  await using port = await usePort({ connections: { total: 50, perAddress: 40 } }, tls);
  const held = await Promise.all(Array.from({ length: 45 }, () => useSocket(port.port)));
  await within(5_000, Promise.all(held.slice(0, 5).map((socket) => socket.destroyed || once(socket, 'close'))));
  expect(held.slice(5).filter(({ destroyed }) => destroyed)).toEqual([]);
  const session = connectHttp2(`https://127.0.0.1:${port.port}`, { rejectUnauthorized: false });
  session.on('error', () => undefined);
  expect(await statusOf(begin(session, health).end(frameOf(Buffer.alloc(0))))).toBe('0');
  session.destroy();
  for (const socket of held) socket.destroy();
});

testWhere(canMakeCertificates, 'openssl')('a connection that never finishes the handshake of TLS is closed in time', async () => {
  await using files = await useCertificates();
  using tls = await watchTls({ TLS_CERT: files.cert, TLS_KEY: files.key }, createLog('silent'));
  await using port = await usePort({ receiveTimeoutMs: 300 }, tls);
  using silent = await useSocket(port.port);
  await within(10_000, once(silent, 'close'));
});

test('a client may have 1,024 streams at once, and headers of 16 KiB', async () => {
  await using port = await usePort();
  using session = await useSession(port.port);
  await vi.waitFor(() => expect(session.remoteSettings).toMatchObject({ maxConcurrentStreams: 1024, maxHeaderListSize: 16 * 1024 }));
  const large = begin(session, createTask, { ...admin, 'x-large': 'x'.repeat(20_000) });
  await within(5_000, new Promise((resolve) => large.once('close', resolve)));
  expect(large.rstCode).toBe(constants.NGHTTP2_ENHANCE_YOUR_CALM);
  expect(port.calls).toEqual([]);
});

test('made-up keys are looked up at a limited rate, and then refused with RESOURCE_EXHAUSTED', async () => {
  await using port = await usePort();
  using session = await useSession(port.port);
  const call = () => statusOf(begin(session, createTask, { authorization: `Bearer ${createApiKey()}` }).end(frameOf(Buffer.alloc(0))));
  const statuses = await Promise.all(Array.from({ length: 400 }, call));
  expect(new Set(statuses)).toEqual(new Set(['16', '8']));
  expect(statuses.filter((status) => status === '8').length).toBeGreaterThan(100);
});
