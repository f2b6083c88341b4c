import type { AddressInfo } from 'node:net';
import { createLog } from '@dispatcher/kit/telemetry/log.ts';
import { createRecordingServices } from '@dispatcher/testing/gateway/recording-services.ts';
import { useGateway } from '@dispatcher/testing/gateway/use-gateway.ts';
import { useSocket } from '@dispatcher/testing/gateway/use-socket.ts';
import { describe, expect, test } from 'vitest';
import { readBody } from '../rest/read-body.ts';
import { createHttpServer } from './http-server.ts';

const api = '/api/v1/dispatcher';

describe('a request without a route', () => {
  test.each([
    ['GET', '/', null],
    ['GET', `${api}/nothing`, null],
    ['GET', `${api}/tasks/a/b`, null],
    ['DELETE', `${api}/tasks`, 'GET, POST'],
    ['PUT', `${api}/tasks/x`, 'GET, PATCH'],
    ['GET', `${api}/done/x?y=z`, 'POST'],
    ['OPTIONS', `${api}/stats`, 'GET'],
  ])('%s %s is a 404 that says what is allowed there', async (method, path, allow) => {
    await using gateway = await useGateway([createRecordingServices().routes]);
    const { status, headers, body } = await gateway.send(method, path);
    expect({ status, body }).toMatchObject({ status: 404, body: { error: { type: 'not_found_error', code: 'unknown_route' } } });
    expect(headers.get('allow')).toBe(allow);
    expect(headers.get('x-request-id')).toBeTruthy();
  });

  test.each(['%', '%zz', '%ff', '%c0%af'])('a path with %s is a 400', async (text) => {
    await using gateway = await useGateway([createRecordingServices().routes]);
    using client = await useSocket(gateway.port);
    client.write(`GET ${api}/tasks/${text} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${gateway.acmeKey}\r\n\r\n`);
    expect(await client.received(/\}\}$/)).toMatch(/^HTTP\/1.1 400 .*x-request-id.*"code":"invalid_argument"/s);
  });

  test.each(['..%2F..', '%00', '%0d%0aset-cookie:a=b', 'x'.repeat(5000), '%ed%a0%80', '__proto__', '😀'])(
    'the id %.30s is never a 500',
    async (id) => {
      await using gateway = await useGateway([createRecordingServices().routes]);
      const { status, headers } = await gateway.send('GET', `${api}/tasks/${id}`);
      expect([200, 400]).toContain(status);
      expect(headers.get('set-cookie')).toBeNull();
    },
  );

  test('headers that are too large get an error of the contract', async () => {
    await using gateway = await useGateway([]);
    using client = await useSocket(gateway.port);
    client.write(`GET /healthz HTTP/1.1\r\nhost: x\r\nx-large: ${'x'.repeat(20_000)}\r\n\r\n`);
    expect(await client.ended()).toMatch(
      /^HTTP\/1.1 431 .*x-request-id: [\w-]{36}.*"code":"invalid_argument","message":"The headers are larger than 16 KiB/s,
    );
  });

  test('bytes that are not HTTP get an error of the contract', async () => {
    await using gateway = await useGateway([]);
    using client = await useSocket(gateway.port);
    client.write('hello\r\n\r\n');
    expect(await client.ended()).toMatch(/^HTTP\/1.1 400 .*"message":"The request is not valid HTTP."/s);
  });
});

test.each([
  ['headers', 'POST /nothing HTTP/1.1\r\nhost: x\r\n'],
  ['a body', 'POST /nothing HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 9\r\n\r\n{'],
])('a client that is slow to send %s loses its connection, after an error of the contract if there was no answer yet', async (_name, text) => {
  await using server = createHttpServer(createLog('silent'), { receiveTimeoutMs: 100 });
  server.post('/nothing', async (request) => await readBody(request.raw));
  await server.listen({ port: 0 });
  using client = await useSocket((server.server.address() as AddressInfo).port);
  client.write(text);
  expect(await client.ended()).toMatch(/^HTTP\/1.1 400 .*"message":"The request did not arrive in time."/s);
});

test('HEAD answers as GET does, without the body', async () => {
  await using gateway = await useGateway([createRecordingServices().routes]);
  const { status, headers, body } = await gateway.send('HEAD', `${api}/stats`);
  expect({ status, body, length: headers.get('content-length') }).toEqual({ status: 200, body: '', length: '13' });
});

test.each([
  ['/tasks', '/api/v1/dispatcher/tasks'],
  ['/api/v1/tasks', '/api/v1/dispatcher/tasks'],
  ['/v2/dispatcher/tasks/one/archive', '/api/v1/dispatcher/tasks/one/archive'],
])('the error for a path without its beginning names the right path: %s', async (path, right) => {
  await using gateway = await useGateway([]);
  const { status, body } = await gateway.send('POST', path, { body: {} });
  expect({ status, body }).toMatchObject({
    status: 404,
    body: { error: { code: 'unknown_route', message: expect.stringMatching(new RegExp(` ${right}$`)) } },
  });
});
