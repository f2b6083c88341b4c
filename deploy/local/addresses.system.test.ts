import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { connect } from 'node:tls';
import { startMain } from '@dispatcher/testing/harness/start-main.ts';
import { useDispatcher } from '@dispatcher/testing/harness/use-dispatcher.ts';
import { useFolder } from '@dispatcher/testing/harness/use-folder.ts';
import { canMakeCertificates, useCertificates } from '@dispatcher/testing/topology/use-certificates.ts';
import { expect, test, vi } from 'vitest';

test('a port that is taken is named, with what to do', async () => {
  await using folder = await useFolder();
  await using other = createServer().listen(0, '127.0.0.1');
  await vi.waitFor(() => expect(other.listening).toBe(true));
  const address = other.address();
  const port = typeof address === 'object' ? (address?.port ?? 0) : 0;
  await using main = startMain({ DISPATCHER_DATA_DIR: folder.path, PORT: String(port) });
  expect(await main.exited).toBe(1);
  expect(main.output()).toBe(`Port ${port} is taken by another program. Stop it, or choose another port: PORT=${port + 1} npm start\n`);
});

test('a start on an address that others can reach says so, and warns when there is no TLS', async () => {
  await using folder = await useFolder();
  await using dispatcher = await useDispatcher({ dataDir: folder.path, settings: { HOST: '0.0.0.0', DISPATCHER_API_KEY: 'k'.repeat(32) } });
  expect(dispatcher.main.output()).toContain('Warning: other machines can reach it, and without TLS keys and tasks cross the network unencrypted.');
  expect((await fetch(`${dispatcher.credentials.url}/readyz`)).status).toBe(200);
});

test.runIf(canMakeCertificates)('with a certificate, REST is served over HTTPS and gRPC over TLS', async () => {
  await using folder = await useFolder();
  await using files = await useCertificates();
  const settings = { HOST: '0.0.0.0', DISPATCHER_API_KEY: 'k'.repeat(32), TLS_CERT: files.cert, TLS_KEY: files.key };
  await using dispatcher = await useDispatcher({ dataDir: folder.path, settings });
  expect(dispatcher.credentials.url).toMatch(/^https:/);
  expect(dispatcher.main.output()).not.toContain('Warning');
  for (const address of [new URL(dispatcher.credentials.url).host, dispatcher.credentials.grpc_url]) {
    const [host, port] = address.split(':');
    const socket = connect({ host, port: Number(port), ca: await readFile(files.ca) });
    await once(socket, 'secureConnect');
    socket.destroy();
  }
});

test.each([
  ['nonsense.invalid', 'no host has this name'],
  ['192.0.2.1', 'it is no address of this machine'],
])('HOST=%s is refused: %s', async (host, reason) => {
  await using folder = await useFolder();
  await using main = startMain({ DISPATCHER_DATA_DIR: folder.path, HOST: host, DISPATCHER_API_KEY: 'k'.repeat(32) });
  expect(await main.exited).toBe(1);
  expect(main.output()).toContain(`HOST="${host}" is not allowed: ${reason}. Leave it out to listen on this machine alone`);
});

test('a HOST whose name stands for an address that others can reach needs an admin key', async () => {
  await using folder = await useFolder();
  // The system resolves this name to all addresses.
  await using main = startMain({ DISPATCHER_DATA_DIR: folder.path, HOST: '0' });
  expect(await main.exited).toBe(1);
  expect(main.output()).toContain('HOST="0" is not allowed: others can reach it, so set DISPATCHER_API_KEY');
});
