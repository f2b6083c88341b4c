import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { type TestDispatcher, useDispatcher } from '@dispatcher/testing/harness/use-dispatcher.ts';
import { useFolder } from '@dispatcher/testing/harness/use-folder.ts';
import { type TestCli, useCli } from '@dispatcher/testing/sdk/use-cli.ts';
import { Recursiv } from '@recursiv/sdk';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';

let resources: AsyncDisposableStack;
let dispatcher: TestDispatcher;
let folder: string;
let cli: TestCli;
let admin: TestCli;
let api: Recursiv['dispatcher'];

beforeAll(async () => {
  resources = new AsyncDisposableStack();
  dispatcher = resources.use(await useDispatcher());
  folder = resources.use(await useFolder()).path;
  const { url, api_key, admin_key } = dispatcher.credentials;
  const common = { RECURSIV_BASE_URL: `${url}/api/v1`, XDG_CONFIG_HOME: folder };
  cli = useCli({ ...common, RECURSIV_API_KEY: api_key, DISPATCHER_AGENT: 'tester' });
  admin = useCli({ ...common, RECURSIV_API_KEY: admin_key });
  api = new Recursiv({ apiKey: api_key, baseUrl: common.RECURSIV_BASE_URL }).dispatcher;
});

afterAll(() => resources.disposeAsync());

async function json(args: readonly string[]): Promise<unknown> {
  const { out, code, err } = await cli.run([...args, '--json']);
  expect({ code, err }).toEqual({ code: 0, err: '' });
  return JSON.parse(out);
}

test('commands take a task from created to done, and each says what it did', async () => {
  expect(
    await cli.run(['create', 'Fix the login page', '--id', 'fix-login', '--owner', 'bill', '--layer', 'core', '--rev', '5', '--effort', '2']),
  ).toEqual({
    code: 0,
    out: 'fix-login is pending: Fix the login page\n',
    err: '',
  });
  expect((await cli.run(['tasks', '--owner', 'bill'])).out).toMatch(
    /^ID +STATUS .*\nfix-login +pending +7\.50 +20\S+Z +bill +core .*Fix the login page\n$/,
  );
  expect((await cli.run(['next', '--owner', 'bill'])).out).toMatch(/claimed by +tester, until 20/);
  expect((await cli.run(['heartbeat', 'fix-login'])).out).toMatch(/^fix-login is tester’s until 20/);
  expect((await cli.run(['release', 'fix-login', '--reason', 'blocked', '--handoff', 'Ask Eve'])).out).toBe(
    'fix-login is held: Fix the login page\n',
  );
  expect((await cli.run(['claim', 'fix-login'])).out).toContain('Ask Eve');
  expect((await cli.run(['done', 'fix-login', '--notes', 'Fixed', '--pr', 'https://e.com/1', '--pr', 'https://e.com/2'])).code).toBe(0);
  const shown = await cli.run(['show', 'fix-login', '--activity']);
  expect(shown.out).toContain('https://e.com/1 https://e.com/2');
  expect(shown.out.match(/task\.[a-z]+/g)).toEqual(['task.created', 'task.claimed', 'task.released', 'task.claimed', 'task.completed']);
  expect((await cli.run(['stats'])).out).toMatch(/bill +1/);
});

test('the tasks of a file are created, and a mistake is named by its line', async () => {
  const lines = Array.from({ length: 600 }, (_, i) => JSON.stringify({ title: `From a file ${i}`, project: 'file' }));
  expect(await cli.run(['create', '--file', '-', '--owner', 'importer'], lines.join('\n'))).toEqual({
    code: 0,
    out: '600 tasks created.\n',
    err: '',
  });
  expect((await api.tasks({ project: 'file', owner: 'importer', limit: 1 })).data).toHaveLength(1);
  const csv = await cli.run(['create', '-f', '-', '--json'], 'title,rev,project\n"One, two",3,csv\n');
  expect(JSON.parse(csv.out)).toMatchObject({ data: [{ title: 'One, two', rev: 3, project: 'csv' }] });
  const broken = await cli.run(['create', '-f', '-', '--format', 'jsonl'], '{"title":"One","project":"none"}\nnonsense\n');
  expect(broken).toMatchObject({ code: 2, out: '', err: expect.stringContaining('-:2: This is not JSON.') });
  const wrong = [...lines.slice(0, 520), '{"title":"","project":"file"}'].join('\n').replaceAll('"file"', '"half"');
  const refused = await cli.run(['create', '-f', '-'], wrong);
  expect(refused).toMatchObject({ code: 2, out: '' });
  expect(refused.err).toMatch(/^-:521: title: .*\nThe 500 tasks before line 501 were created, and no other. Go on with --from-line 501.\n$/);
  const rest = await cli.run(['create', '-f', '-', '--from-line', '501'], wrong.replace('"title":""', '"title":"Now"'));
  expect(rest.out).toBe('21 tasks created.\n');
  expect((await cli.run(['create'])).code).toBe(2);
});

test('with --json standard output is JSON and nothing else', async () => {
  await api.create({ id: 'scripted', title: 'a script reads this', owner: 'script' });
  expect(await json(['tasks', '--owner', 'script', '--no-held'])).toMatchObject({ data: [{ id: 'scripted' }], meta: { has_more: false } });
  expect(await json(['show', 'scripted', '--activity'])).toMatchObject({ data: { id: 'scripted' }, activity: [{ type: 'task.created' }] });
  expect(await json(['next', '--owner', 'script'])).toMatchObject({ data: { task: { id: 'scripted' }, claim: { claim_token: expect.any(String) } } });
  expect(await json(['done', 'scripted', '--agent', 'tester'])).toMatchObject({ data: { status: 'done' } });
  expect(await json(['stats'])).toHaveProperty('data.byOwner.script', 1);
});

test('--all follows every page', async () => {
  await Promise.all(Array.from({ length: 5 }, (_, n) => api.create({ title: `page ${n}`, owner: 'pages' })));
  expect(await json(['tasks', '--owner', 'pages', '--limit', '2', '--all'])).toHaveProperty('data.length', 5);
  expect((await cli.run(['tasks', '--owner', 'pages', '--status', 'pending', '--limit', '2'])).err).toMatch(/^There are more: --all, or --cursor /);
});

test.each([
  ['nothing to do', ['next', '--owner', 'nobody'], 4, /^Nothing to do\.\n$/],
  ['a conflict', ['done', 'conflicting'], 3, /\((not_claimed|claim_lost)\)/],
  ['an unknown id', ['show', 'nope'], 1, /\(not_found\)/],
  ['a value out of range', ['tasks', '--limit', '999'], 2, /^limit: /],
  ['an unknown flag', ['tasks', '--nope'], 2, /unknown option/],
  ['an unknown command', ['frobnicate'], 2, /unknown command/],
  ['a word that is not a number', ['create', 'a', '--rev', 'x'], 2, /not a number/],
  ['a missing argument', ['show'], 2, /missing required argument/],
  ['a base URL without /api/v1', ['stats', '--url', 'BASE'], 1, /It should end with \/api\/v1: try http:\/\/127\.0\.0\.1:\d+\/api\/v1\./],
  ['a wrong URL', ['stats', '--url', 'localhost:3000'], 2, /"localhost:3000" is not an http or https URL such as/],
  ['a wrong id', ['show', '..'], 2, /"\.\." is not an id/],
  ['a dispatcher that is away', ['stats', '--url', 'http://127.0.0.1:9/api/v1'], 1, /cannot be reached/],
  ['a route for the admin', ['keys', 'list'], 1, /\(forbidden\)/],
])('%s has its exit code and a message on standard error', async (_, args, code, message) => {
  if (args[1] === 'conflicting') await api.create({ id: 'conflicting', title: 'nobody claimed this', held: true });
  const run = await cli.run(args.map((arg) => (arg === 'BASE' ? dispatcher.credentials.url : arg)));
  expect(run).toMatchObject({ code, out: '' });
  expect(run.err).toMatch(message);
});

test('watch shows what happens until it is interrupted', async () => {
  const { child, ended } = cli.start(['watch', '--type', 'task.created', '--json']);
  let seen = '';
  child.stdout?.on('data', (chunk: Buffer) => {
    seen += chunk.toString();
  });
  await vi.waitFor(
    async () => {
      await api.create({ title: 'watched' });
      expect(seen).toContain('"title":"watched"');
    },
    { timeout: 10_000, interval: 200 },
  );
  child.kill('SIGINT');
  const { code, out } = await ended;
  expect(code).toBe(0);
  for (const line of out.trim().split('\n')) expect(JSON.parse(line)).toMatchObject({ type: 'task.created' });
});

test('the admin makes, lists and revokes keys', async () => {
  const { out, err } = await admin.run(['keys', 'create', '--org', 'acme', '--name', 'ci\u001b[2J', '--scope', 'dispatcher:read']);
  expect(out).toMatch(/^sk_live_\w+\n$/);
  const id = /key_\w+/.exec(err)?.[0] ?? '';
  expect((await admin.run(['keys', 'list', '--org', 'acme'])).out).toMatch(/ acme +ci\\x1b\[2J +read +\S+ +live\n$/);
  expect((await admin.run(['keys', 'revoke', id])).code).toBe(0);
  expect((await admin.run(['keys', 'list', '--org', 'acme'])).out).toMatch(/ revoked /);
  expect((await admin.run(['tasks', '--org', 'acme'])).out).toMatch(/^No task is pending or claimed\./);
});

test('--version says the version', async () => {
  expect(await cli.run(['--version'])).toEqual({ code: 0, out: '0.1.0\n', err: '' });
});

test('login saves the URL and a working key in a file that only the user can read', async () => {
  await using home = await useFolder();
  const { url, api_key } = dispatcher.credentials;
  const fresh = useCli({ XDG_CONFIG_HOME: home.path });
  expect((await fresh.run(['stats'])).err).toBe('There is no API key. Run `dispatcher login --local`, or set RECURSIV_API_KEY.\n');
  expect((await fresh.run(['login', '--url', `${url}/api/v1`], 'sk_live_wrong')).code).toBe(1);
  expect((await fresh.run(['login', '--url', `${url}/api/v1`], '')).code).toBe(2);
  const file = join(home.path, 'dispatcher', 'login.json');
  await expect(stat(file)).rejects.toThrow('ENOENT');
  expect((await fresh.runInTerminal(['login', '--url', `${url}/api/v1`], `${api_key}\n`)).out).not.toContain(api_key.slice(8));
  expect((await stat(file)).mode & 0o777).toBe(0o600);
  expect((await stat(join(home.path, 'dispatcher'))).mode & 0o777).toBe(0o700);
  expect((await fresh.run(['stats'])).code).toBe(0);
});

test('a terminal gets colour and lines that fit; text from tasks cannot act on it', async () => {
  await api.create({
    id: 'evil',
    title: `\u001b[2J\u009b1A\u202e\u001b]0;x\u0007${'long '.repeat(60)}`,
    description: 'a\u001b[1A\nb',
    owner: 'evil',
  });
  const list = await cli.runInTerminal(['tasks', '--owner', 'evil']);
  expect(list.out).toContain('\u001b[1mID');
  const shown = await cli.runInTerminal(['show', 'evil']);
  for (const out of [list.out, shown.out]) {
    const escapes = out.replaceAll('\r\n', '\n').match(/[^\P{Cc}\n](\[\d+m)?/gu) ?? [];
    for (const sequence of escapes) expect(sequence).toMatch(/\[\d+m$/);
    expect(out).not.toContain('\u202e');
  }
  const plain = list.out.replaceAll(/\p{Cc}\[\d+m/gu, '');
  for (const line of plain.split('\r\n')) expect(line.length).toBeLessThanOrEqual(80);
  expect((await cli.run(['tasks', '--owner', 'evil'])).out).not.toMatch(/[^\P{Cc}\n]/u);
});
