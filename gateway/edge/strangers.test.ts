import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { createApiKey } from '@dispatcher/kit/auth/api-key.ts';
import { createLog } from '@dispatcher/kit/telemetry/log.ts';
import { createRecordingServices } from '@dispatcher/testing/gateway/recording-services.ts';
import { useGateway } from '@dispatcher/testing/gateway/use-gateway.ts';
import { useSocket } from '@dispatcher/testing/gateway/use-socket.ts';
import { within } from '@dispatcher/testing/harness/patience.ts';
import { expect, test } from 'vitest';
import { createHttpServer } from './http-server.ts';

const stats = '/api/v1/dispatcher/stats';
const useEdge = () => useGateway([createRecordingServices({ GetStats: async () => ({}) }).routes]);
const getAs = (key: string) => `GET ${stats} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${key}\r\n\r\n`;
const countIn = (text: string, pattern: RegExp) => text.match(pattern)?.length ?? 0;

test('made-up keys are looked up at a limited rate, then answered 429, and a key that is known goes on', async () => {
  await using gateway = await useEdge();
  expect((await gateway.send('GET', stats)).status).toBe(200);
  using stranger = await useSocket(gateway.port);
  for (let i = 0; i < 400; i++) stranger.write(getAs(createApiKey()));
  stranger.write('GET /last HTTP/1.1\r\nhost: x\r\n\r\n');
  const answers = await within(20_000, stranger.received(/HTTP\/1\.1 404 /));
  const refused = countIn(answers, /HTTP\/1\.1 429 /g);
  expect(refused).toBeGreaterThan(100);
  expect(countIn(answers, /retry-after: 1/g)).toBe(refused);
  expect(countIn(answers, /HTTP\/1\.1 401 /g)).toBe(400 - refused);
  using again = await useSocket(gateway.port);
  again.write(getAs(gateway.acmeKey));
  await again.received(/^HTTP\/1\.1 200 /);
});

test('a request without a valid key is answered although its body never ends, and none of the body is kept', async () => {
  await using gateway = await useEdge();
  using socket = await useSocket(gateway.port);
  socket.write(`POST /api/v1/dispatcher/tasks HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 250000\r\n\r\n{"title":"`);
  expect(await within(5_000, socket.received(/^HTTP\/1\.1 401 [\s\S]*missing_api_key/))).toContain('www-authenticate: Bearer');
});

test.each([
  ['nothing', ''],
  ['a request line and no end', 'GET /healthz HTTP/1.1\r\nhost: x\r\n'],
  ['a body that stops', `POST ${stats} HTTP/1.1\r\nhost: x\r\ncontent-length: 10\r\n\r\n1`],
])('a connection that sends %s is closed in time', async (_name, sent) => {
  await using server = createHttpServer(createLog('silent'), { receiveTimeoutMs: 200 });
  await server.listen({ host: '127.0.0.1', port: 0 });
  using socket = await useSocket(portOf(server.addresses()));
  socket.write(sent);
  await within(10_000, socket.ended());
});

test('a connection that is idle after its answer is closed in time', async () => {
  await using server = createHttpServer(createLog('silent'), { keepAliveMs: 200 });
  await server.listen({ host: '127.0.0.1', port: 0 });
  using socket = await useSocket(portOf(server.addresses()));
  socket.write('GET /nothing HTTP/1.1\r\nhost: x\r\n\r\n');
  await within(10_000, socket.ended());
});

const portOf = ([address]: (string | AddressInfo)[]): number => (typeof address === 'object' ? address.port : 0);

test('headers that never end are refused at 16 KiB', async () => {
  await using gateway = await useEdge();
  using socket = await useSocket(gateway.port);
  const closed = once(socket.socket, 'end');
  socket.write('GET /healthz HTTP/1.1\r\nhost: x\r\nx-large: ');
  for (let i = 0; i < 20; i++) socket.write('x'.repeat(1024));
  expect(await within(5_000, socket.received(/^HTTP\/1\.1 431 /))).toMatch(/x-request-id: [\w-]{36}/);
  await within(5_000, closed);
});
