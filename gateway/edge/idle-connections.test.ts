import { createRecordingServices } from '@dispatcher/testing/gateway/recording-services.ts';
import { useGateway } from '@dispatcher/testing/gateway/use-gateway.ts';
import { useSocket } from '@dispatcher/testing/gateway/use-socket.ts';
import { within } from '@dispatcher/testing/harness/patience.ts';
import { expect, test } from 'vitest';

test('an unused connection does not delay the shutdown of the gateway', async () => {
  const gateway = await useGateway([]);
  using silent = await useSocket(gateway.port);
  await within(2_000, gateway[Symbol.asyncDispose]());
  expect(await silent.ended()).toBe('');
});

test('during a shutdown a kept connection gets one more answer, which tells the client to open a new connection', async () => {
  const gateway = await useGateway([createRecordingServices().routes], { idleMs: 5000 });
  using client = await useSocket(gateway.port);
  const request = `GET /api/v1/dispatcher/stats HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${gateway.acmeKey}\r\n\r\n`;
  client.write(request);
  expect(await client.received(/\}$/)).toMatch(/^HTTP\/1.1 200 /);
  const stopped = within(4_000, gateway[Symbol.asyncDispose]());
  client.write(request);
  expect(await client.ended()).toMatch(/^HTTP\/1.1 200 .*HTTP\/1.1 200 .*connection: close/is);
  await stopped;
});

test('during a shutdown an idle connection is closed after its time limit', async () => {
  const gateway = await useGateway([], { idleMs: 300 });
  using client = await useSocket(gateway.port);
  client.write('GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n');
  await client.received(/ok/);
  const before = performance.now();
  await within(3_000, gateway[Symbol.asyncDispose]());
  await client.ended();
  expect(performance.now() - before).toBeGreaterThan(290);
});
