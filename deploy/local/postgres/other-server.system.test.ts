import { existsSync } from 'node:fs';
import { chown, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { createLog } from '@dispatcher/kit/telemetry/log.ts';
import { testWhere } from '@dispatcher/testing/harness/test-where.ts';
import { useDispatcher } from '@dispatcher/testing/harness/use-dispatcher.ts';
import { useFolder } from '@dispatcher/testing/harness/use-folder.ts';
import { expect, test } from 'vitest';
import { possibleAccounts, succeeds } from './account.ts';
import { type PostgresProcess, startPostgresProcess } from './server-process.ts';

const binaries = ['15', '16', '17'].map((version) => `/usr/lib/postgresql/${version}`).find((folder) => existsSync(join(folder, 'bin/initdb')));

async function startOtherServer(folder: string, binaryFolder: string): Promise<{ url: string } & PostgresProcess> {
  const [account] = await possibleAccounts(undefined);
  if (!account) throw new Error('There is no account to run PostgreSQL.');
  const cluster = join(folder, 'postgres');
  await mkdir(cluster, { mode: 0o700 });
  if (account.ids) await chown(folder, account.ids.uid, account.ids.gid);
  if (account.ids) await chown(cluster, account.ids.uid, account.ids.gid);
  const made = await succeeds(account, join(binaryFolder, 'bin/initdb'), [
    '--pgdata',
    cluster,
    '--username=dispatcher',
    '--auth=trust',
    '--encoding=UTF8',
    '--locale=C',
  ]);
  expect(made).toBe(true);
  const place = { account, folder, cluster, binaries: binaryFolder };
  const server = await startPostgresProcess(
    place,
    { listen_addresses: '', unix_socket_directories: folder },
    createLog('silent'),
    new AbortController().signal,
  );
  return { ...server, url: `postgresql://dispatcher@localhost/postgres?host=${encodeURIComponent(folder)}` };
}

testWhere(binaries !== undefined, 'another PostgreSQL')(
  'DATABASE_URL may name a server of another major version; then none of our own is started',
  async () => {
    await using folder = await useFolder();
    const server = await startOtherServer(folder.path, binaries ?? '');
    await using _stopped = { [Symbol.asyncDispose]: () => server.stop() };
    await using data = await useFolder();
    await using dispatcher = await useDispatcher({ dataDir: data.path, settings: { DATABASE_URL: server.url } });
    const { url, api_key } = dispatcher.credentials;
    const created = await fetch(`${url}/api/v1/dispatcher/tasks`, {
      method: 'POST',
      headers: { authorization: `Bearer ${api_key}`, 'content-type': 'application/json' },
      body: JSON.stringify({ title: 'On another server' }),
    });
    expect(created.status).toBe(201);
    expect(existsSync(join(data.path, 'postgres'))).toBe(false);
  },
);

test('a server that does not answer is named as the fault', async () => {
  await using data = await useFolder();
  const start = useDispatcher({ dataDir: data.path, settings: { DATABASE_URL: 'postgresql://nobody:hunter22@127.0.0.1:1/none' } });
  await expect(start).rejects.toThrow('It ended with 1:\nThe PostgreSQL server of DATABASE_URL does not answer: connect ECONNREFUSED 127.0.0.1:1');
  await expect(start).rejects.not.toThrow('hunter22');
});
