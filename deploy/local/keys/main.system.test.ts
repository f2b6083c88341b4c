import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { type TestDispatcher, useDispatcher } from '@dispatcher/testing/harness/use-dispatcher.ts';
import { useFolder } from '@dispatcher/testing/harness/use-folder.ts';
import { afterAll, beforeAll, expect, test } from 'vitest';

let dispatcher: TestDispatcher;
let dataDir: string;
const resources = new AsyncDisposableStack();

beforeAll(async () => {
  dataDir = resources.use(await useFolder()).path;
  dispatcher = resources.use(await useDispatcher({ dataDir }));
});
afterAll(() => resources.disposeAsync());

/** Runs the command as a person at the repository would, after `npm start`. */
function keys(
  args: string[],
  env: Record<string, string> = { DISPATCHER_DATA_DIR: dataDir },
): Promise<{ code: number | null; stdout: string; stderr: string }> {
  return new Promise((resolve) => {
    const child = execFile(process.execPath, [join(import.meta.dirname, 'main.ts'), ...args], { env }, (_error, stdout, stderr) =>
      resolve({ code: child.exitCode, stdout, stderr }),
    );
  });
}

async function statusWith(key: string, method = 'GET'): Promise<number> {
  const body = method === 'POST' ? { body: '{"title":"Made with a new key"}' } : {};
  const response = await fetch(`${dispatcher.credentials.url}/api/v1/dispatcher/tasks`, {
    method,
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    ...body,
  });
  await response.body?.cancel();
  return response.status;
}

test('create prints only the key, list shows it without its secret, and revoke ends it', async () => {
  const created = await keys(['create', '--org', 'acme', '--name', 'ci', '--expires', '90d']);
  expect(created).toMatchObject({ code: 0, stdout: expect.stringMatching(/^sk_live_\w{38}\n$/) });
  const key = created.stdout.trim();
  expect(await statusWith(key, 'POST')).toBe(201);

  const listed = await keys(['list', '--org', 'acme']);
  expect(listed.stdout).toMatch(/^ID +ORGANIZATION +NAME +SCOPES +CREATED +STATE\n\S+ +acme +ci +read,write +\S+ +until \S+\n$/);
  expect(listed.stdout).not.toContain(key);

  const id = listed.stdout.split('\n')[1]?.split(' ')[0] ?? '';
  expect(await keys(['revoke', id])).toMatchObject({ code: 0, stdout: `Key ${id} (ci of acme) is revoked.\n` });
  await expect.poll(() => statusWith(key), { timeout: 3_000 }).toBe(401);
  expect((await keys(['list', '--org', 'acme'])).stdout).toMatch(/revoked/);
});

test('a key with one scope can do nothing else', async () => {
  const { stdout } = await keys(['create', '--org', 'acme', '--name', 'dashboard', '--scopes', 'read']);
  expect(await statusWith(stdout.trim())).toBe(200);
  expect(await statusWith(stdout.trim(), 'POST')).toBe(403);
});

test('the address and the admin key can be set instead', async () => {
  const { url, admin_key } = dispatcher.credentials;
  const env = { DISPATCHER_URL: `${url}/api/v1/dispatcher/`, DISPATCHER_API_KEY: admin_key, DISPATCHER_DATA_DIR: join(dataDir, 'elsewhere') };
  expect(await keys(['list', '--org', 'local'], env)).toMatchObject({ code: 0, stdout: expect.stringContaining('local') });
});

test.each([
  [['create', '--org', 'acme'], 'create needs --org and --name'],
  [['create', '--org', 'acme', '--name', 'x', '--scopes', 'all'], 'There is no scope "all": read or write.'],
  [['create', '--org', 'acme', '--name', 'x', '--expires', 'soon'], '--expires soon is not a time to come'],
  [['revoke'], 'revoke needs the id of a key'],
  [['destroy'], 'There is no command destroy. There are create, list and revoke.'],
  [['lst'], 'There is no command lst. Did you mean list?'],
  [['list', '--all'], 'There is no option --all. --help shows the options.'],
  [['list', '--ogr', 'acme'], 'There is no option --ogr. Did you mean --org?'],
])('%j is a mistake in its use: 2, and what is right', async (args, message) => {
  expect(await keys(args)).toMatchObject({ code: 2, stdout: '', stderr: expect.stringContaining(message) });
});

test.each([
  [['revoke', 'no-such-key'], '(not_found)'],
  [['create', '--org', 'Not A Slug', '--name', 'x'], 'organization_id'],
])('%j is refused by the server: 1, and its words', async (args, message) => {
  expect(await keys(args)).toMatchObject({ code: 1, stdout: '', stderr: expect.stringContaining(message) });
});

test('without a server or a key it says how to get one', async () => {
  const address = { DISPATCHER_URL: 'http://127.0.0.1:1', DISPATCHER_DATA_DIR: join(dataDir, 'elsewhere') };
  expect((await keys(['list'], address)).stderr).toContain('No admin key: set DISPATCHER_API_KEY, or start once with `npm start`');
  expect((await keys(['list'], { ...address, DISPATCHER_API_KEY: 'sk_admin_of_somebody' })).stderr).toContain(
    'Nothing answers at http://127.0.0.1:1',
  );
});

test('--help and no command show examples', async () => {
  expect(await keys(['--help'])).toMatchObject({ code: 0, stdout: expect.stringContaining('npm run -s keys -- create --org acme --name ci') });
  expect(await keys([])).toMatchObject({ code: 0, stdout: expect.stringContaining('npm run -s keys -- list') });
});
