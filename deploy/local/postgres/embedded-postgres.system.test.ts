import { execFileSync } from 'node:child_process';
import { chmod, chown, mkdir, readFile, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { Pool } from '@dispatcher/database/connection/pool.ts';
import { refuseUnsafeServer } from '@dispatcher/database/connection/refuse-unsafe-server.ts';
import { createLog } from '@dispatcher/kit/telemetry/log.ts';
import { testWhere } from '@dispatcher/testing/harness/test-where.ts';
import { useFolder } from '@dispatcher/testing/harness/use-folder.ts';
import { Client } from 'pg';
import { expect, test, vi } from 'vitest';
import { startEmbeddedPostgres } from './embedded-postgres.ts';
import { processesOn } from './left-over-postgres.ts';
import { findPostgresPlace } from './place.ts';
import { startPostgresProcess } from './server-process.ts';

const log = createLog('silent');
const isRoot = process.getuid?.() === 0;
const nobody = 65534;
const daemon = 1;

async function query(url: string, text: string): Promise<unknown[]> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query(text)).rows;
  } finally {
    await client.end();
  }
}

async function postmasterPid(dataDir: string): Promise<number> {
  return Number.parseInt(await readFile(join(dataDir, 'postgres/postmaster.pid'), 'utf8'), 10);
}

test('the server is durable, uses UTF-8 and listens only on our socket, and a second start finds the data of the first', async () => {
  await using folder = await useFolder();
  {
    await using postgres = await startEmbeddedPostgres({ dataDir: folder.path, log });
    const names = ['fsync', 'synchronous_commit', 'full_page_writes', 'data_checksums', 'server_encoding', 'listen_addresses', 'TimeZone'];
    const settings = await query(
      postgres.url,
      `SELECT string_agg(setting, ' ' ORDER BY array_position('{${names}}', name)) AS text FROM pg_settings WHERE name = ANY ('{${names}}')`,
    );
    expect(settings).toEqual([{ text: 'on on on on UTF8  UTC' }]);
    expect(await query(postgres.url, 'SELECT current_user, current_database()')).toEqual([
      { current_user: 'dispatcher', current_database: 'dispatcher' },
    ]);
    expect((await stat(join(folder.path, 'run'))).mode & 0o777).toBe(0o700);
    await query(postgres.url, 'CREATE TABLE kept AS SELECT 1 AS one');
    const pool = new Pool(postgres.url, 1);
    await refuseUnsafeServer(pool).finally(() => pool.end());
  }
  expect(await processesOn(join(folder.path, 'postgres'))).toEqual([]);
  await using again = await startEmbeddedPostgres({ dataDir: folder.path, log });
  expect(await query(again.url, 'SELECT one FROM kept')).toEqual([{ one: 1 }]);
});

test('a killed server is started again, with everything that was committed', async () => {
  await using folder = await useFolder();
  await using postgres = await startEmbeddedPostgres({ dataDir: folder.path, log });
  await query(postgres.url, 'CREATE TABLE kept AS SELECT 1 AS one');
  process.kill(await postmasterPid(folder.path), 'SIGKILL');
  await vi.waitFor(async () => expect(await query(postgres.url, 'SELECT one FROM kept')).toEqual([{ one: 1 }]), { timeout: 20_000, interval: 50 });
});

test('a server that an earlier start left running is stopped, and the next start takes over', async () => {
  await using folder = await useFolder();
  await (await startEmbeddedPostgres({ dataDir: folder.path, log }))[Symbol.asyncDispose]();
  const place = await findPostgresPlace(folder.path);
  const leftOver = await startPostgresProcess(
    place,
    { listen_addresses: '', unix_socket_directories: join(folder.path, 'run') },
    log,
    new AbortController().signal,
  );
  await using postgres = await startEmbeddedPostgres({ dataDir: folder.path, log });
  await leftOver.exited;
  expect(await query(postgres.url, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
});

test('a first start that was interrupted does not disturb the next one', async () => {
  await using folder = await useFolder();
  await mkdir(join(folder.path, 'postgres.new-1'));
  await expect(startEmbeddedPostgres({ dataDir: folder.path, log, signal: AbortSignal.abort() })).rejects.toThrow('abort');
  await using postgres = await startEmbeddedPostgres({ dataDir: folder.path, log });
  expect(await query(postgres.url, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
  await expect(stat(join(folder.path, 'postgres.new-1'))).rejects.toThrow('ENOENT');
});

test('when the path of the data folder is too long for a socket, the socket is elsewhere', async () => {
  await using folder = await useFolder();
  const dataDir = join(folder.path, 'long'.repeat(30));
  await mkdir(dataDir, { mode: 0o700 });
  await using postgres = await startEmbeddedPostgres({ dataDir, log });
  await using _socketFolder = { [Symbol.asyncDispose]: () => rm(new URL(postgres.url).searchParams.get('host') ?? '', { recursive: true }) };
  expect(await query(postgres.url, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
});

testWhere(isRoot, 'root')('root keeps the cluster in its data folder below a folder that only root may enter', async () => {
  await using folder = await useFolder();
  await chmod(folder.path, 0o700);
  const dataDir = join(folder.path, 'data');
  await mkdir(dataDir, { mode: 0o700 });
  await using postgres = await startEmbeddedPostgres({ dataDir, log });
  expect(await query(postgres.url, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
  if (canUseNamespaces()) expect((await stat(join(dataDir, 'postgres'))).uid).toBe(0);
});

testWhere(isRoot, 'root')("root runs another user's cluster as that user, before and after its own", async () => {
  await using folder = await useFolder();
  await chmod(folder.path, 0o755);
  const dataDir = join(folder.path, 'data');
  await mkdir(dataDir, { mode: 0o700 });
  await (await startEmbeddedPostgres({ dataDir, log }))[Symbol.asyncDispose]();
  execFileSync('chown', ['-R', `${nobody}:${nobody}`, join(dataDir, 'postgres')]);
  await using postgres = await startEmbeddedPostgres({ dataDir, log });
  expect(await query(postgres.url, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
  expect((await stat(`/proc/${await postmasterPid(dataDir)}`)).uid).toBe(nobody);
});

testWhere(isRoot && canUseNamespaces(), 'root and namespaces')('a cluster that its owner can no longer reach becomes root’s own', async () => {
  await using folder = await useFolder();
  const dataDir = join(folder.path, 'data');
  await mkdir(dataDir, { mode: 0o700 });
  await (await startEmbeddedPostgres({ dataDir, log }))[Symbol.asyncDispose]();
  execFileSync('chown', ['-R', `${nobody}:${nobody}`, join(dataDir, 'postgres')]);
  await chmod(folder.path, 0o700);
  await using postgres = await startEmbeddedPostgres({ dataDir, log });
  expect(await query(postgres.url, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
  expect((await stat(join(dataDir, 'postgres/base'))).uid).toBe(0);
});

testWhere(isRoot && canUseNamespaces(), 'root and namespaces')(
  "root with a data folder in another user's private home keeps the cluster where both can reach it, and finds it again",
  async () => {
    await using folder = await useFolder();
    await chown(folder.path, daemon, daemon);
    const dataDir = join(folder.path, 'data');
    await mkdir(dataDir, { mode: 0o700 });
    {
      await using postgres = await startEmbeddedPostgres({ dataDir, log });
      await query(postgres.url, 'CREATE TABLE kept AS SELECT 1 AS one');
    }
    const outside = (await readFile(join(dataDir, 'postgres-folder'), 'utf8')).trim();
    await using _removed = { [Symbol.asyncDispose]: () => rm(outside, { recursive: true }) };
    expect(outside).toMatch(/^\/var\/lib\/dispatcher\/[0-9a-f-]{36}$/);
    await using again = await startEmbeddedPostgres({ dataDir, log });
    expect(await query(again.url, 'SELECT one FROM kept')).toEqual([{ one: 1 }]);
  },
);

function canUseNamespaces(): boolean {
  try {
    execFileSync('unshare', ['--user', '--map-user=65534', 'true'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}
