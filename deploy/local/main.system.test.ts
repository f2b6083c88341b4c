import { chmod, chown, mkdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { killProcesses } from '@dispatcher/testing/harness/kill-processes.ts';
import { startMain } from '@dispatcher/testing/harness/start-main.ts';
import { testWhere } from '@dispatcher/testing/harness/test-where.ts';
import { useDispatcher } from '@dispatcher/testing/harness/use-dispatcher.ts';
import { useFolder } from '@dispatcher/testing/harness/use-folder.ts';
import { expect, test, vi } from 'vitest';
import { succeeds } from './postgres/account.ts';
import { embeddedPostgresUrl } from './postgres/embedded-postgres.ts';
import { processesOn } from './postgres/left-over-postgres.ts';

const isRoot = process.getuid?.() === 0;
const nobody = 65534;
// In a checkout below a private folder of root, no other user can even read the program.
const nobodyMayRun = isRoot && (await succeeds({ prefix: [], ids: { uid: nobody, gid: nobody } }, 'test', ['-x', process.execPath]));

async function answers(url: string): Promise<boolean> {
  return (await fetch(`${url}/readyz`)).ok;
}

test('the first start says what to do next, and shows the admin key nowhere', async () => {
  await using folder = await useFolder();
  await using dispatcher = await useDispatcher({ dataDir: folder.path });
  const { credentials, main } = dispatcher;
  expect(await answers(credentials.url)).toBe(true);
  expect(main.output()).toContain(`${credentials.url}/api/v1/dispatcher`);
  expect(main.output()).toContain(credentials.grpc_url);
  expect(main.output()).toContain(`authorization: Bearer ${credentials.api_key}`);
  expect(main.output()).toContain(join(folder.path, 'credentials.json'));
  expect(credentials.admin_key).toMatch(/^sk_admin_[\w-]{43}$/);
  expect(main.output()).not.toContain(credentials.admin_key);
  expect((await stat(join(folder.path, 'credentials.json'))).mode & 0o777).toBe(0o600);
});

test('a later start has the same keys and shows no first steps', async () => {
  await using folder = await useFolder();
  const first = await useDispatcher({ dataDir: folder.path });
  await first[Symbol.asyncDispose]();
  await using second = await useDispatcher({ dataDir: folder.path });
  expect(second.credentials).toMatchObject({ admin_key: first.credentials.admin_key, api_key: first.credentials.api_key });
  expect(second.main.output()).not.toContain(second.credentials.api_key);
});

test('after kill -9 PostgreSQL ends too, and the next start works', async () => {
  await using folder = await useFolder();
  await using killed = await useDispatcher({ dataDir: folder.path });
  killed.main.child.kill('SIGKILL');
  await killed.main.exited;
  await vi.waitFor(async () => expect(await processesOn(join(folder.path, 'postgres'))).toEqual([]), { timeout: 15_000, interval: 50 });
  await using next = await useDispatcher({ dataDir: folder.path });
  expect(next.credentials.api_key).toBe(killed.credentials.api_key);
});

test('after kill -9 of Dispatcher and of every PostgreSQL process, the next start works at once', async () => {
  await using folder = await useFolder();
  await using killed = await useDispatcher({ dataDir: folder.path });
  killProcesses([killed.main.child.pid ?? 0, ...(await processesOn(join(folder.path, 'postgres')))]);
  await killed.main.exited;
  await using next = await useDispatcher({ dataDir: folder.path });
  expect(await answers(next.credentials.url)).toBe(true);
});

test('a second start on the same data folder is refused and does not disturb the first', async () => {
  await using folder = await useFolder();
  await using first = await useDispatcher({ dataDir: folder.path });
  await using second = startMain({ DISPATCHER_DATA_DIR: folder.path });
  expect(await second.exited).toBe(1);
  expect(second.output()).toBe(
    `Dispatcher already runs on the data folder ${folder.path} (process ${first.main.child.pid}). Stop it first, or choose another folder with DISPATCHER_DATA_DIR.\n`,
  );
  expect(await answers(first.credentials.url)).toBe(true);
});

test('of two simultaneous starts, one runs', async () => {
  await using folder = await useFolder();
  const starts = [startMain({ DISPATCHER_DATA_DIR: folder.path }), startMain({ DISPATCHER_DATA_DIR: folder.path })];
  await using stack = new AsyncDisposableStack();
  for (const main of starts) stack.use(main);
  const outcomes = await Promise.allSettled(starts.map((main) => main.ready));
  expect(outcomes.map((outcome) => outcome.status).sort()).toEqual(['fulfilled', 'rejected']);
});

test('a second start on one database says that it makes an admin key of its own', async () => {
  await using folder = await useFolder();
  await using first = await useDispatcher({ dataDir: join(folder.path, 'first') });
  expect(first.main.output()).not.toContain('this start makes a new one');
  const settings = { DATABASE_URL: await embeddedPostgresUrl(join(folder.path, 'first')) };
  const second = await useDispatcher({ dataDir: join(folder.path, 'second'), settings });
  expect(second.main.output()).toContain(
    'This database was used before with an admin key that is not in this data folder, so this start makes a new one.',
  );
  await second[Symbol.asyncDispose]();
  await using third = await useDispatcher({ dataDir: join(folder.path, 'second'), settings });
  expect(third.main.output()).not.toContain('this start makes a new one');
});

test.runIf(process.platform === 'linux')('a data folder that cannot be created is named with its setting', async () => {
  await using main = startMain({ DISPATCHER_DATA_DIR: '/proc/x' });
  expect(await main.exited).toBe(1);
  expect(main.output()).toContain('DISPATCHER_DATA_DIR="/proc/x" cannot be used: no folder can be made there. Choose another folder.');
});

test('all wrong settings are named before anything is started', async () => {
  await using folder = await useFolder();
  await using main = startMain({ DISPATCHER_DATA_DIR: join(folder.path, 'never'), HOST: '0.0.0.0', PORT: 'x' });
  expect(await main.exited).toBe(1);
  expect(main.output()).toContain('HOST="0.0.0.0"');
  expect(main.output()).toContain('PORT="x"');
  await expect(stat(join(folder.path, 'never'))).rejects.toThrow('ENOENT');
});

testWhere(nobodyMayRun, 'root, and an account that may run node')('an ordinary user starts it in a private folder of their own', async () => {
  await using folder = await useFolder();
  await chown(folder.path, nobody, nobody);
  const dataDir = join(folder.path, 'data');
  await using main = startMain({ DISPATCHER_DATA_DIR: dataDir }, { uid: nobody, gid: nobody });
  await main.ready;
  expect((await stat(join(dataDir, 'postgres'))).uid).toBe(nobody);
  expect(JSON.parse(await readFile(join(dataDir, 'credentials.json'), 'utf8'))).toMatchObject({ organization_id: 'local' });
});

testWhere(nobodyMayRun, 'root, and an account that may run node')("an ordinary user is told that a data folder is somebody else's", async () => {
  await using folder = await useFolder();
  await chmod(folder.path, 0o755);
  const dataDir = join(folder.path, 'data');
  await mkdir(dataDir, { mode: 0o700 });
  await using main = startMain({ DISPATCHER_DATA_DIR: dataDir }, { uid: nobody, gid: nobody });
  expect(await main.exited).toBe(1);
  expect(main.output()).toContain(`The data folder ${dataDir} belongs to another user.`);
});
