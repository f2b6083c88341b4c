import type { AddressInfo } from 'node:net';
import { createLog } from '@dispatcher/kit/telemetry/log.ts';
import { createRecordingServices } from '@dispatcher/testing/gateway/recording-services.ts';
import { type TestGateway, useGateway } from '@dispatcher/testing/gateway/use-gateway.ts';
import { useSocket } from '@dispatcher/testing/gateway/use-socket.ts';
import { describe, expect, test } from 'vitest';
import { createHttpServer } from '../edge/http-server.ts';
import { bodyMaxBytes, readBody } from './read-body.ts';

const path = '/api/v1/dispatcher/done/x';

function head(gateway: TestGateway, ...lines: string[]): string {
  return [`POST ${path} HTTP/1.1`, 'host: x', `authorization: Bearer ${gateway.acmeKey}`, 'content-type: application/json', ...lines, '', ''].join(
    '\r\n',
  );
}

describe('a body', () => {
  test('may be empty, with or without its type', async () => {
    await using gateway = await useGateway([createRecordingServices().routes]);
    expect((await gateway.send('POST', path)).status).toBe(200);
    expect((await gateway.send('POST', path, { body: '' })).status).toBe(200);
    expect((await gateway.send('POST', path, { headers: { 'content-type': 'text/plain' } })).status).toBe(200);
    expect(
      (await gateway.send('DELETE', '/api/v1/dispatcher/keys/x', { body: '', headers: { authorization: `Bearer ${gateway.adminKey}` } })).status,
    ).toBe(200);
  });

  test.each(['application/json', 'application/json; charset=utf-8', 'Application/JSON;charset=UTF-8'])('may come as %s', async (type) => {
    const { calls, routes } = createRecordingServices();
    await using gateway = await useGateway([routes]);
    expect((await gateway.send('POST', path, { body: { notes: 'ä😀' }, headers: { 'content-type': type } })).status).toBe(200);
    expect(calls[0]?.message).toMatchObject({ notes: 'ä😀' });
  });

  test.each([{ 'content-type': 'text/plain' }, { 'content-type': 'application/jsonp' }, { 'content-type': ' ' }, { 'content-encoding': 'gzip' }])(
    'with %j is a 415',
    async (headers) => {
      await using gateway = await useGateway([createRecordingServices().routes]);
      const answer = await gateway.send('POST', path, { body: '{}', headers });
      expect(answer).toMatchObject({ status: 415, body: { error: { code: 'unsupported_media_type' } } });
    },
  );

  test.each(['{', '{}x', 'nothing', "{'a':1}", '\ufeff{}', '['.repeat(100_000)])('that is not JSON is a 400: %.10s', async (body) => {
    await using gateway = await useGateway([createRecordingServices().routes]);
    expect(await gateway.send('POST', path, { body })).toMatchObject({ status: 400, body: { error: { code: 'invalid_json' } } });
  });

  test('that has a key twice is a 400 that names the key', async () => {
    const { calls, routes } = createRecordingServices();
    await using gateway = await useGateway([routes]);
    const answer = await gateway.send('POST', path, { body: '{"notes":"seen by a proxy","notes":"seen by us"}' });
    expect(answer).toMatchObject({ status: 400, body: { error: { code: 'invalid_json', message: expect.stringContaining('"notes"') } } });
    expect(calls).toEqual([]);
  });

  test.each(['[]', 'null', '"x"', '5', '['.repeat(100_000) + ']'.repeat(100_000)])('that is not an object is a 400: %.10s', async (body) => {
    await using gateway = await useGateway([createRecordingServices().routes]);
    expect(await gateway.send('POST', path, { body })).toMatchObject({ status: 400, body: { error: { code: 'invalid_argument' } } });
  });

  test('that is nested too deep is a 400 that names the field', async () => {
    await using gateway = await useGateway([createRecordingServices().routes]);
    const body = `{"notes":${'{"a":'.repeat(40_000)}1${'}'.repeat(40_000)}}`;
    expect(await gateway.send('POST', path, { body })).toMatchObject({ status: 400, body: { error: { details: { field: 'notes' } } } });
  });

  test('that is not UTF-8 is a 400', async () => {
    await using gateway = await useGateway([createRecordingServices().routes]);
    using client = await useSocket(gateway.port);
    client.write(head(gateway, 'content-length: 13'));
    client.socket.write(Buffer.from('{"notes":"\xff"}', 'latin1'));
    expect(await client.received(/\r\n\r\n.*\}/)).toContain('"code":"invalid_json"');
  });

  test('of exactly the limit is accepted, and one byte more is a 413', async () => {
    await using gateway = await useGateway([createRecordingServices().routes]);
    const body = (bytes: number) => `{"notes":""${' '.repeat(bytes - 12)}}`;
    expect((await gateway.send('POST', path, { body: body(bodyMaxBytes) })).status).toBe(200);
    expect(await gateway.send('POST', path, { body: body(bodyMaxBytes + 1) })).toMatchObject({
      status: 413,
      body: { error: { code: 'body_too_large' } },
    });
  });

  test('that is announced as too large is refused before it is sent', async () => {
    await using gateway = await useGateway([createRecordingServices().routes]);
    using client = await useSocket(gateway.port);
    client.write(head(gateway, 'content-length: 999999999'));
    expect(await client.received(/\r\n\r\n.*\}/)).toMatch(/^HTTP\/1.1 413 .*"code":"body_too_large"/s);
  });

  test('that is sent in chunks is refused as soon as it is too large, and the connection stays usable', async () => {
    await using gateway = await useGateway([createRecordingServices().routes]);
    using client = await useSocket(gateway.port);
    client.write(head(gateway, 'transfer-encoding: chunked'));
    const chunk = `10000\r\n${' '.repeat(0x10000)}\r\n`;
    for (let sent = 0; sent <= bodyMaxBytes; sent += 0x10000) client.write(chunk);
    await client.received(/^HTTP\/1.1 413 .*"code":"body_too_large"/s);
    client.write(`${chunk}0\r\n\r\n${head(gateway, 'content-length: 0')}`);
    await client.received(/HTTP\/1.1 413 .*HTTP\/1.1 200 /s);
  });

  test('that the client cuts off is not logged as a fault of the server', async () => {
    await using server = createHttpServer(createLog('silent'));
    const arrived = Promise.withResolvers<void>();
    const failure = Promise.withResolvers<unknown>();
    server.post('/', async ({ raw }) => {
      arrived.resolve();
      await readBody(raw).catch(failure.resolve);
    });
    await server.listen({ port: 0 });
    using client = await useSocket((server.server.address() as AddressInfo).port);
    client.write('POST / HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 9\r\n\r\n{');
    await arrived.promise;
    client.socket.destroy();
    expect(await failure.promise).toMatchObject({ reason: 'invalid_argument' });
  });
});
