import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { request } from 'node:https';
import { watchTls } from '@dispatcher/kit/listening/tls.ts';
import { createDirectTransport } from '@dispatcher/kit/serving/direct-transport.ts';
import { createLog } from '@dispatcher/kit/telemetry/log.ts';
import { useGateway } from '@dispatcher/testing/gateway/use-gateway.ts';
import { useSocket } from '@dispatcher/testing/gateway/use-socket.ts';
import { within } from '@dispatcher/testing/harness/patience.ts';
import { testWhere } from '@dispatcher/testing/harness/test-where.ts';
import { canMakeCertificates, useCertificates } from '@dispatcher/testing/topology/use-certificates.ts';
import { expect } from 'vitest';
import { createGateway } from '../create-gateway.ts';

testWhere(canMakeCertificates, 'openssl')('with a certificate the gateway serves HTTPS, and clients need no certificate', async () => {
  await using files = await useCertificates();
  const log = createLog('silent');
  using tls = await watchTls({ TLS_CERT: files.cert, TLS_KEY: files.key, TLS_CA: files.ca }, log);
  const authenticate = async () => {
    throw new Error('nobody asks');
  };
  const readiness = async () => ({ ready: true, failing: [] });
  const transport = createDirectTransport([], []);
  await using gateway = await createGateway({ host: '127.0.0.1', port: 0, transport, authenticate, adminKey: 'admin', log, readiness, tls });
  expect(gateway.url).toMatch(/^https:/);
  const call = request(`${gateway.url}/readyz`, { ca: readFileSync(files.ca), agent: false });
  call.end();
  const [response] = await once(call, 'response');
  response.resume();
  expect(response.statusCode).toBe(200);
});

testWhere(canMakeCertificates, 'openssl')('connections that never finish the handshake of TLS are counted, and keep nobody out', async () => {
  await using files = await useCertificates();
  const log = createLog('silent');
  using tls = await watchTls({ TLS_CERT: files.cert, TLS_KEY: files.key }, log);
  const readiness = async () => ({ ready: true, failing: [] });
  const connections = { total: 50, perAddress: 40 };
  await using gateway = await useGateway([], { readiness, tls, connections });
  const held = await Promise.all(Array.from({ length: 45 }, () => useSocket(gateway.port)));
  await within(10_000, Promise.all(held.slice(0, 5).map((socket) => socket.ended())));
  const call = request(`${gateway.url}/readyz`, { ca: readFileSync(files.ca), agent: false });
  call.end();
  const [response] = await once(call, 'response');
  response.resume();
  expect(response.statusCode).toBe(200);
  for (const socket of held) socket[Symbol.dispose]();
});
