import { status } from '@grpc/grpc-js';
import { expect, test, vi } from 'vitest';
import { within } from '../harness/patience.ts';
import { useStockGrpc } from './grpc/use-stock-grpc.ts';
import { createRestClient } from './harness/rest-client.ts';
import { type Acme, useAcme } from './harness/use-acme.ts';
import { useStream } from './harness/use-stream.ts';

/**
 * The time limit that the contract gives the system to stop accepting a key, plus the time that the answers take on a
 * busy machine.
 */
const withinMs = 1000 + 500;

async function useKeyToRevoke({ admin, organizationId }: Acme) {
  const { data } = await admin.createKey({ organization_id: organizationId, name: 'leaver' });
  return { key: data.key ?? '', revoke: () => admin.call('DELETE', `/keys/${data.id}`) };
}

test('a revoked key is refused within a second over REST and gRPC, and stays refused', async () => {
  await using acme = await useAcme();
  const { key, revoke } = await useKeyToRevoke(acme);
  const rest = createRestClient(acme.services.url, key);
  using grpc = await useStockGrpc(acme.services, key);
  const isRefused = async () => {
    const overGrpc = await grpc.call('dispatcher.v1.TaskService/ListTasks', {}).catch((error: { code: number }) => error.code);
    return { rest: (await rest.list()).status, grpc: overGrpc === status.UNAUTHENTICATED };
  };
  expect(await isRefused()).toEqual({ rest: 200, grpc: false });
  await revoke();
  await vi.waitFor(async () => expect(await isRefused()).toEqual({ rest: 401, grpc: true }), { timeout: withinMs, interval: 20 });
  for (let i = 0; i < 5; i++) expect(await isRefused()).toEqual({ rest: 401, grpc: true });
  expect((await rest.create({ title: 'One' })).error.code).toBe('invalid_api_key');
});

test('the streams of a revoked key end within a second, and other streams stay open', async () => {
  await using acme = await useAcme();
  const { key, revoke } = await useKeyToRevoke(acme);
  const { url } = acme.services;
  await using leaving = await useStream(url, key);
  await using staying = await useStream(url, acme.key);
  using grpc = await useStockGrpc(acme.services, key);
  const overGrpc = Array.fromAsync(grpc.open('dispatcher.v1.StatsService/WatchEvents', {})).catch((error: { code: number }) => error.code);
  await acme.rest.create({ title: 'One' });
  await Promise.all([leaving.received(1), staying.received(1)]);
  await revoke();
  const [, code] = await within(withinMs, Promise.all([leaving.ended, overGrpc]));
  expect(code).toBe(status.UNAUTHENTICATED);
  await acme.rest.create({ title: 'Two' });
  expect(await staying.received(2)).toHaveLength(2);
  expect(leaving.text()).not.toContain('Two');
});
