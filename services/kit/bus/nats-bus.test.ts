import { createNatsServer } from '@dispatcher/processes/nats-server.ts';
import { freePort } from '@dispatcher/testing/harness/free-port.ts';
import { hasNatsServer, startNatsServer } from '@dispatcher/testing/harness/start-nats-server.ts';
import { testWhere } from '@dispatcher/testing/harness/test-where.ts';
import { useFolder } from '@dispatcher/testing/harness/use-folder.ts';
import { canMakeCertificates, useCertificates } from '@dispatcher/testing/topology/use-certificates.ts';
import { expect, vi } from 'vitest';
import { createLog } from '../telemetry/log.ts';
import { openNatsBus } from './nats-bus.ts';
import type { NatsSettings } from './nats-settings.ts';

const test = testWhere(hasNatsServer, 'nats-server');

const openBus = (url: string, more: Partial<NatsSettings> = {}, installationId = 'one') =>
  openNatsBus({ NATS_URL: url, NATS_SUBJECT_PREFIX: 'dispatcher', ...more }, installationId, createLog('silent'));

test('a closed bus accepts messages and drops them', async () => {
  await using folder = await useFolder();
  await using server = await startNatsServer({ port: await freePort(), storeDir: folder.path });
  const bus = await openBus(server.url);
  await vi.waitFor(() => expect(bus.connected).toBe(true));
  await bus[Symbol.asyncDispose]();
  expect(bus.connected).toBe(false);
  expect(() => bus.publish('committed', new Uint8Array())).not.toThrow();
});

test('a bus closes at once while its server is away', async () => {
  await using folder = await useFolder();
  const server = await startNatsServer({ port: await freePort(), storeDir: folder.path });
  const bus = await openBus(server.url);
  await vi.waitFor(() => expect(bus.connected).toBe(true));
  await server[Symbol.asyncDispose]();
  await vi.waitFor(() => expect(bus.connected).toBe(false));
  await bus[Symbol.asyncDispose]();
});

test('after the server came back, old subscriptions get new messages', async () => {
  await using folder = await useFolder();
  const place = { port: await freePort(), storeDir: folder.path };
  const server = await startNatsServer(place);
  await using bus = await openBus(server.url);
  const got: string[] = [];
  bus.subscribe('some.>', (payload, subject) => void got.push(`${subject} ${Buffer.from(payload)}`));
  await vi.waitFor(() => expect(bus.connected).toBe(true));
  await server[Symbol.asyncDispose]();
  await vi.waitFor(() => expect(bus.connected).toBe(false));
  bus.publish('some.lost', Buffer.from('nobody hears this'));
  await using _again = await startNatsServer(place);
  await vi.waitFor(() => expect(bus.connected).toBe(true), { timeout: 5_000 });
  bus.publish('some.word', Buffer.from('hello'));
  await vi.waitFor(() => expect(got).toEqual(['some.word hello']), { timeout: 5_000 });
});

test('a listener that throws does not lose other messages', async () => {
  await using folder = await useFolder();
  await using server = await startNatsServer({ port: await freePort(), storeDir: folder.path });
  await using bus = await openBus(server.url);
  const got: string[] = [];
  bus.subscribe('some.>', (payload) => {
    if (payload.length === 0) throw new Error('not a message of ours');
    got.push(String(Buffer.from(payload)));
  });
  await vi.waitFor(() => expect(bus.connected).toBe(true));
  bus.publish('some.word', new Uint8Array());
  bus.publish('some.word', Buffer.from('hello'));
  await vi.waitFor(() => expect(got).toEqual(['hello']), { timeout: 5_000 });
});

const neighbours = {
  'a prefix each': ['dispatcher', 'other.dispatcher', 'one', 'one'],
  'the same prefix': ['dispatcher', 'dispatcher', 'one', 'another'],
};

for (const [name, [first, second, ...installations]] of Object.entries(neighbours)) {
  test(`two installations that share a NATS under ${name} do not receive each other's messages`, async () => {
    await using folder = await useFolder();
    await using server = await startNatsServer({ port: await freePort(), storeDir: folder.path });
    await using resources = new AsyncDisposableStack();
    const buses = await Promise.all([first, second].map((prefix, i) => openBus(server.url, { NATS_SUBJECT_PREFIX: prefix ?? '' }, installations[i])));
    const got: string[] = [];
    for (const [i, bus] of buses.entries()) {
      resources.use(bus);
      bus.subscribe('events.>', (payload, subject) => void got.push(`${i}: ${subject} ${Buffer.from(payload)}`));
      await vi.waitFor(() => expect(bus.connected).toBe(true));
    }
    await Promise.all(buses.map((bus) => bus.flush()));
    for (const [i, bus] of buses.entries()) bus.publish('events.acme', Buffer.from(`from ${i}`));
    await vi.waitFor(() => expect(got.length).toBeGreaterThanOrEqual(2), { timeout: 5_000 });
    await Promise.all(buses.map((bus) => bus.flush()));
    expect(got.sort()).toEqual(['0: events.acme from 0', '1: events.acme from 1']);
  });
}

testWhere(hasNatsServer && canMakeCertificates, 'nats-server and openssl')(
  'a NATS with its own authority is reached with a certificate and a password, and is not reached without them',
  async () => {
    await using files = await useCertificates();
    const port = await freePort();
    const secrets = [
      '--tls',
      '--tlscert',
      files.cert,
      '--tlskey',
      files.key,
      '--tlscacert',
      files.ca,
      '--tlsverify',
      '--user',
      'me',
      '--pass',
      'p@ss',
    ];
    await using server = createNatsServer(port, '/usr/bin:/bin', () => undefined, secrets);
    await server.start();
    const url = `tls://me:p%40ss@127.0.0.1:${port}`;
    const tls = { NATS_TLS_CA: files.ca, NATS_TLS_CERT: files.cert, NATS_TLS_KEY: files.key };
    await using good = await openBus(url, tls);
    await using noCertificate = await openBus(url, { NATS_TLS_CA: files.ca });
    await using noAuthority = await openBus(url, {});
    await using noPassword = await openBus(`tls://127.0.0.1:${port}`, tls);
    await vi.waitFor(() => expect(good.connected).toBe(true), { timeout: 5_000 });
    await good.flush();
    expect([noCertificate, noAuthority, noPassword].map(({ connected }) => connected)).toEqual([false, false, false]);
  },
);

test('a bus over tls:// does not speak with a server that has no TLS', async () => {
  await using folder = await useFolder();
  await using server = await startNatsServer({ port: await freePort(), storeDir: folder.path });
  await using plain = await openBus(server.url);
  await using secure = await openBus(server.url.replace('nats:', 'tls:'));
  await vi.waitFor(() => expect(plain.connected).toBe(true));
  expect(secure.connected).toBe(false);
});

test('a missing file of the settings is reported at once', async () => {
  await expect(openBus('nats://127.0.0.1:4222', { NATS_CREDS: '/nowhere/a.creds' })).rejects.toThrow('/nowhere/a.creds');
});
