import { freePort } from '@dispatcher/testing/harness/free-port.ts';
import { testWhere } from '@dispatcher/testing/harness/test-where.ts';
import { useChannelServer, useEndpointPool } from '@dispatcher/testing/services/use-channel.ts';
import { canMakeCertificates, useCertificates } from '@dispatcher/testing/topology/use-certificates.ts';
import { expect, test, vi } from 'vitest';
import { watchTls } from '../listening/tls.ts';
import { createLog } from '../telemetry/log.ts';
import { channelCredentials } from './credentials.ts';

/** A host name with the addresses that the test sets. */
function useName(...ips: string[]) {
  let current: readonly string[] | Error = ips;
  return {
    standsFor: (now: readonly string[] | Error) => {
      current = now;
    },
    lookUp: async () => {
      if (current instanceof Error) throw current;
      return current;
    },
  };
}

/** Processes of one service on the same port of different addresses of this machine. Each answers with its address. */
async function useService(...ips: string[]) {
  const port = await freePort();
  const resources = new AsyncDisposableStack();
  const servers = new Map<string, Awaited<ReturnType<typeof useChannelServer>>>();
  for (const host of ips) servers.set(host, resources.use(await useChannelServer(() => host, null, { host, port })));
  return { address: `tasks.test:${port}`, servers, [Symbol.asyncDispose]: () => resources.disposeAsync() };
}

async function answering(client: { read: (id: string) => Promise<string | undefined> }): Promise<string[]> {
  const answers = await Promise.all(Array.from({ length: 20 }, (_, i) => client.read(`${i}`)));
  return [...new Set(answers.map((ip) => ip ?? ''))].sort();
}

test('calls are spread over all addresses of a name', async () => {
  await using service = await useService('127.0.0.1', '127.0.0.2', '127.0.0.3');
  const name = useName('127.0.0.1', '127.0.0.2', '127.0.0.3');
  using client = useEndpointPool({ addresses: [service.address], lookUp: name.lookUp });
  await vi.waitFor(async () => expect(await answering(client)).toEqual(['127.0.0.1', '127.0.0.2', '127.0.0.3']));
});

test('a new address of a name gets calls soon; a removed address gets no new calls and answers those it has', async () => {
  await using service = await useService('127.0.0.1', '127.0.0.3');
  const port = Number(service.address.split(':')[1]);
  const slow = Promise.withResolvers<string>();
  await using _second = await useChannelServer((id) => (id === 'slow' ? slow.promise : '127.0.0.2'), null, { host: '127.0.0.2', port });
  const name = useName('127.0.0.2');
  using client = useEndpointPool({ addresses: [service.address], lookUp: name.lookUp, lookMs: 20 });
  expect(await answering(client)).toEqual(['127.0.0.2']);
  const asked = client.read('slow');
  name.standsFor(['127.0.0.1', '127.0.0.3']);
  await vi.waitFor(async () => expect(await answering(client)).toEqual(['127.0.0.1', '127.0.0.3']));
  slow.resolve('late');
  expect(await asked).toBe('late');
});

test('while a name cannot be looked up, its last addresses are used', async () => {
  await using service = await useService('127.0.0.1');
  const name = useName('127.0.0.1');
  const lookUp = vi.fn(name.lookUp);
  using client = useEndpointPool({ addresses: [service.address], lookUp, lookMs: 5 });
  expect(await client.read('one')).toBe('127.0.0.1');
  for (const broken of [new Error('no answer'), []]) {
    name.standsFor(broken);
    const before = lookUp.mock.calls.length;
    await vi.waitFor(() => expect(lookUp.mock.calls.length).toBeGreaterThan(before + 2));
    expect(await client.read('one')).toBe('127.0.0.1');
  }
});

test('a name without an address is answered 503, and works once it has one', async () => {
  await using service = await useService('127.0.0.1');
  const name = useName();
  using client = useEndpointPool({ addresses: [service.address], lookUp: name.lookUp, lookMs: 20 });
  await expect(client.read('one')).rejects.toMatchObject({ reason: 'unavailable' });
  name.standsFor(['127.0.0.1']);
  expect(await client.read('one')).toBe('127.0.0.1');
});

testWhere(canMakeCertificates, 'openssl')('over TLS the certificate of a process must be for the name by which the process was found', async () => {
  await using files = await useCertificates();
  const log = createLog('silent');
  using tls = await watchTls({ TLS_CERT: files.cert, TLS_KEY: files.key, TLS_CA: files.ca }, log);
  await using server = await useChannelServer(() => 'one', tls, { host: '127.0.0.2' });
  const port = server.address.split(':')[1];
  const { lookUp } = useName('127.0.0.2');
  using known = useEndpointPool({ addresses: [`localhost:${port}`], credentials: channelCredentials(tls), lookUp });
  expect(await known.read('one')).toBe('one');
  using other = useEndpointPool({ addresses: [`other.test:${port}`], credentials: channelCredentials(tls), lookUp });
  await expect(other.read('one')).rejects.toMatchObject({ reason: 'unavailable' });
});
