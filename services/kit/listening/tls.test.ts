import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { connect } from 'node:tls';
import { testWhere } from '@dispatcher/testing/harness/test-where.ts';
import { useChannelClientWith, useChannelServer } from '@dispatcher/testing/services/use-channel.ts';
import { canMakeCertificates, useCertificates } from '@dispatcher/testing/topology/use-certificates.ts';
import { expect, test, vi } from 'vitest';
import { createLog } from '../telemetry/log.ts';
import { type TlsSettings, watchTls } from './tls.ts';

const log = createLog('silent');
const echo = (id: string) => `title of ${id}`;

/** TLS from files that are read again continually. */
async function useTls(settings: TlsSettings) {
  const tls = await watchTls(settings, log, 10);
  if (!tls) throw new Error('no certificate');
  return tls;
}

/** The serial number of the certificate that a server sends on a new connection. */
async function serialAt(address: string, ca: string): Promise<string> {
  const [host = '', port] = address.split(':');
  const socket = connect({ host, port: Number(port), ca: readFileSync(ca), ALPNProtocols: ['h2'] });
  await once(socket, 'secureConnect');
  const { serialNumber } = socket.getPeerCertificate();
  socket.destroy();
  return serialNumber;
}

testWhere(canMakeCertificates, 'openssl')(
  'a channel works over mutual TLS, and a client without a certificate of the authority is refused',
  async () => {
    await using files = await useCertificates();
    await using others = await useCertificates();
    using tls = await useTls({ TLS_CERT: files.cert, TLS_KEY: files.key, TLS_CA: files.ca });
    using foreign = await useTls({ TLS_CERT: others.cert, TLS_KEY: others.key, TLS_CA: files.ca });
    await using server = await useChannelServer(echo, tls);
    using client = useChannelClientWith(tls, server.address);
    expect(await client.read('one')).toBe('title of one');
    using plain = useChannelClientWith(null, server.address);
    using stranger = useChannelClientWith(foreign, server.address);
    for (const refused of [plain, stranger]) await expect(refused.read('one')).rejects.toMatchObject({ reason: 'unavailable' });
    expect(await client.read('two')).toBe('title of two');
  },
);

testWhere(canMakeCertificates, 'openssl')(
  'a renewed certificate is used without a restart, and a certificate that does not fit its key is not used',
  async () => {
    await using files = await useCertificates();
    using tls = await useTls({ TLS_CERT: files.cert, TLS_KEY: files.key });
    await using server = await useChannelServer(echo, tls);
    const before = await serialAt(server.address, files.ca);
    await files.renew();
    await vi.waitFor(async () => expect(await serialAt(server.address, files.ca)).not.toBe(before), { timeout: 5_000 });
    const renewed = await serialAt(server.address, files.ca);
    const { current } = tls;
    await writeFile(files.key, 'no key');
    await files.renew();
    await vi.waitFor(() => expect(tls.current).not.toBe(current), { timeout: 5_000 });
    expect(await serialAt(server.address, files.ca)).not.toBe(renewed);
  },
);

testWhere(canMakeCertificates, 'openssl')('a start with files that do not fit together is refused', async () => {
  await using files = await useCertificates();
  await using others = await useCertificates();
  await expect(watchTls({ TLS_CERT: files.cert, TLS_KEY: others.key }, log)).rejects.toThrow('key values mismatch');
  await expect(watchTls({ TLS_CERT: '/nowhere.pem', TLS_KEY: files.key }, log)).rejects.toThrow('/nowhere.pem');
});

test('without a certificate there is no TLS', async () => {
  expect(await watchTls({}, log)).toBeNull();
});
