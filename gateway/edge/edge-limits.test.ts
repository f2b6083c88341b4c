import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { gzipSync } from 'node:zlib';
import { createRecordingServices } from '@dispatcher/testing/gateway/recording-services.ts';
import { useGateway } from '@dispatcher/testing/gateway/use-gateway.ts';
import { useSocket } from '@dispatcher/testing/gateway/use-socket.ts';
import { within } from '@dispatcher/testing/harness/patience.ts';
import { expect, test } from 'vitest';
import type { GatewayOptions } from '../create-gateway.ts';

const api = '/api/v1/dispatcher';
const useEdge = async (options: Partial<GatewayOptions> = {}) =>
  await useGateway([createRecordingServices({ GetStats: async () => ({}) }).routes], options);

/** Requests that a proxy could read as one request and the gateway as two, or the other way round. */
const smuggled = 'GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n';
const ambiguous: readonly (readonly [name: string, headers: string, body: string])[] = [
  ['both a length and chunks', `content-length: 5\r\ntransfer-encoding: chunked`, `0\r\n\r\n${smuggled}`],
  ['two lengths', `content-length: 0\r\ncontent-length: ${smuggled.length}`, smuggled],
  ['a list of lengths', `content-length: 0, ${smuggled.length}`, smuggled],
  ['a signed length', 'content-length: +5', `hello${smuggled}`],
  ['a hexadecimal length', 'content-length: 0x5', `hello${smuggled}`],
  ['an unknown transfer encoding', 'transfer-encoding: xchunked', `0\r\n\r\n${smuggled}`],
  ['chunked not last', 'transfer-encoding: chunked, identity', `0\r\n\r\n${smuggled}`],
  ['a space before the colon', 'transfer-encoding : chunked', `0\r\n\r\n${smuggled}`],
  ['a chunk size that overflows', 'transfer-encoding: chunked', `ffffffffffffffff1\r\n${smuggled}`],
  ['a chunk size with a sign', 'transfer-encoding: chunked', `-1\r\n${smuggled}`],
  ['a chunk that is longer than it says', 'transfer-encoding: chunked', `1\r\nabc\r\n0\r\n\r\n${smuggled}`],
  ['a line feed alone in the head', `x-one: 1\ncontent-length: 0\r\nx-two: 2`, smuggled],
  ['a NUL in a header', 'x-one: a\0b', smuggled],
  ['a folded header', 'x-one: a\r\n content-length: 5', smuggled],
];

test.each(ambiguous)('a request with %s is a 400 and the end of its connection', async (_name, headers, body) => {
  await using gateway = await useEdge();
  using socket = await useSocket(gateway.port);
  socket.write(`POST ${api}/tasks HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${gateway.acmeKey}\r\n${headers}\r\n\r\n${body}`);
  const answer = await socket.ended();
  expect(answer).toMatch(/^HTTP\/1.1 400 /);
  expect(answer.match(/HTTP\/1\.1 \d/g)).toHaveLength(1);
  expect(answer).not.toContain('"ok"');
});

test('a compressed body is refused without being unpacked', async () => {
  await using gateway = await useEdge();
  const bomb = gzipSync(Buffer.alloc(64 * 1024 * 1024));
  const before = process.memoryUsage().rss;
  for (let i = 0; i < 20; i++) {
    const response = await fetch(`${gateway.url}${api}/tasks`, {
      method: 'POST',
      headers: { authorization: `Bearer ${gateway.acmeKey}`, 'content-type': 'application/json', 'content-encoding': 'gzip' },
      body: bomb,
    });
    expect(response.status).toBe(415);
    await response.arrayBuffer();
  }
  expect(process.memoryUsage().rss - before).toBeLessThan(64 * 1024 * 1024);
});

test('a stranger who holds every connection that the gateway allows does not block others', async () => {
  await using gateway = await useEdge({ connections: { total: 50, perAddress: 40 } });
  const sockets = await Promise.all(
    Array.from({ length: 100 }, async (_, i) => {
      const socket = connect(gateway.port, '127.0.0.1');
      socket.on('error', () => undefined);
      await once(socket, 'connect');
      // Half of the connections send nothing. The others stay open after an answer.
      if (i % 2 === 0) socket.write('GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n');
      return socket;
    }),
  );
  for (let i = 0; i < 10; i++) expect((await gateway.send('GET', `${api}/stats`, { headers: { connection: 'close' } })).status).toBe(200);
  for (const socket of sockets) socket.destroy();
});

test('2,000 idle connections do not block requests, and use little memory', async () => {
  await using gateway = await useEdge();
  const before = process.memoryUsage().rss;
  const sockets = await Promise.all(
    Array.from({ length: 2000 }, async () => {
      const socket = connect(gateway.port, '127.0.0.1');
      socket.on('error', () => undefined);
      await once(socket, 'connect');
      return socket;
    }),
  );
  for (let i = 0; i < 10; i++) expect((await within(5_000, gateway.send('GET', `${api}/stats`))).status).toBe(200);
  // Both ends of each connection are in this process.
  expect((process.memoryUsage().rss - before) / 2000).toBeLessThan(64 * 1024);
  for (const socket of sockets) socket.destroy();
});

test('a client that does not receive an answer loses its connection in time, and others do not', async () => {
  await using gateway = await useEdge({ takenMs: 300 });
  const sockets = await Promise.all(Array.from({ length: 20 }, () => useSocket(gateway.port)));
  for (const { socket, write } of sockets) {
    socket.pause();
    // More than the buffers of the system hold.
    write('GET /openapi.json HTTP/1.1\r\nhost: x\r\n\r\n'.repeat(200));
  }
  await within(20_000, Promise.all(sockets.map(({ socket }) => untilReset(socket))));
  expect((await gateway.send('GET', `${api}/stats`)).status).toBe(200);
});

/** Resolves when the other end has cut the connection. It is read now and then, since only so is that seen. */
async function untilReset(socket: Socket): Promise<void> {
  const closed = new Promise((resolve) => socket.once('close', resolve));
  socket.write('x');
  const timer = setInterval(() => socket.write('x'), 50);
  await closed;
  clearInterval(timer);
}

test('an organization that does not receive its pages keeps no page of another waiting', async () => {
  const page = { data: Array.from({ length: 20 }, (_, i) => ({ id: `t${i}`, title: 'x'.repeat(100_000) })) };
  await using gateway = await useGateway([createRecordingServices({ ListTasks: async () => page }).routes]);
  const sockets = await Promise.all(Array.from({ length: 100 }, () => useSocket(gateway.port)));
  for (const { socket, write } of sockets) {
    socket.pause();
    write(`GET ${api}/tasks HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${gateway.acmeKey}\r\n\r\n`);
  }
  for (let i = 0; i < 5; i++) {
    const { status } = await within(5_000, gateway.send('GET', `${api}/tasks`, { headers: { authorization: `Bearer ${gateway.rivalKey}` } }));
    expect(status).toBe(200);
  }
  for (const socket of sockets) socket[Symbol.dispose]();
});

test('keys and tasks are answered with cache-control: no-store', async () => {
  await using gateway = await useEdge();
  expect((await gateway.send('GET', `${api}/stats`)).headers.get('cache-control')).toBe('no-store');
});
