import { once } from 'node:events';
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type TestDispatcher, useDispatcher } from '@dispatcher/testing/harness/use-dispatcher.ts';
import { useFolder } from '@dispatcher/testing/harness/use-folder.ts';
import { type TestCli, useCli } from '@dispatcher/testing/sdk/use-cli.ts';
import { Recursiv } from '@recursiv/sdk';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';

let resources: AsyncDisposableStack;
let dispatcher: TestDispatcher;
let folder: string;
let cli: TestCli;
let api: Recursiv['dispatcher'];

beforeAll(async () => {
  resources = new AsyncDisposableStack();
  dispatcher = resources.use(await useDispatcher());
  folder = resources.use(await useFolder()).path;
  const { url, api_key } = dispatcher.credentials;
  cli = useCli({ RECURSIV_BASE_URL: `${url}/api/v1`, XDG_CONFIG_HOME: folder, RECURSIV_API_KEY: api_key, DISPATCHER_AGENT: 'tester' });
  api = new Recursiv({ apiKey: api_key, baseUrl: `${url}/api/v1` }).dispatcher;
});

afterAll(() => resources.disposeAsync());

/** Waits until a command like `longCommand` has started. Returns the id of its background process. */
async function untilStarted(name: string): Promise<number> {
  const read = async () => Number(await readFile(join(folder, name), 'utf8')) || expect.unreachable();
  return await vi.waitFor(read, { timeout: 30_000 });
}
const longCommand = (name: string) => `sleep 300 & echo $! > ${folder}/${name}; wait`;

async function expectEnded(pid: number): Promise<void> {
  await vi.waitFor(() => expect(() => process.kill(pid, 0)).toThrow('ESRCH'), { timeout: 10_000 });
}

const given = async (id: string, more: object = {}) => (await api.create({ id, title: `title of ${id}`, owner: id, ...more })).data;

test('exit code 0 finishes the task, and no shell reads what people wrote', async () => {
  const title = `$(touch ${folder}/pwned) \`id\` "x"`;
  await given('works', { title, description: 'all of it' });
  const command =
    'printf "%s|%s|%s|" "$DISPATCHER_TASK_ID" "$DISPATCHER_TASK_TITLE" "$DISPATCHER_TASK_DESCRIPTION"; printenv RECURSIV_API_KEY || echo no key';
  const run = await cli.run(['next', '--owner', 'works', '--exec', command]);
  expect(run).toMatchObject({ code: 0, out: `works|${title}|all of it|no key\nworks is done: ${title}\n` });
  await expect(stat(join(folder, 'pwned'))).rejects.toThrow('ENOENT');
});

test('any other exit code gives the task back with a pause, and its notes get the end of the output', async () => {
  await given('fails');
  const command = String.raw`seq 1000; printf '10 %%\r100 %%\n\033[31mred\033[0m\a\000\n' >&2; echo 'cannot find the module' >&2; exit 7`;
  const run = await cli.run(['next', '--owner', 'fails', '--exec', command]);
  expect(run).toMatchObject({ code: 1, out: expect.stringMatching(/1000\nfails is waiting: title of fails\n$/) });
  expect(run.err).toMatch(/The command ended with exit code 7: cannot find the module\nThe task can be claimed again in 60 s\.\n$/);
  const { data } = await api.get('fails');
  expect(data.notes).toMatch(/^The command ended with exit code 7: cannot find the module\n\nThe end of its output:\n97\d\n/);
  expect(data.notes).toMatch(/\n1000\n100 %\nred\ncannot find the module$/);
  expect(Date.parse(data.available_at ?? '') - Date.now()).toBeGreaterThan(50_000);
  expect((await cli.run(['next', '--owner', 'fails', '--exec', 'true'])).code).toBe(4);
});

test('the pause doubles with each attempt, --retry-after sets it, and the last failure says that the task is held', async () => {
  await given('fails-again');
  const failOnce = async (...flags: string[]) => (await cli.run(['next', '--owner', 'fails-again', ...flags, '--exec', 'exit 1'])).err;
  const claimedById = async () => {
    await api.claim('fails-again', { agent: 'earlier' });
    await api.release('fails-again', { agent: 'earlier' });
  };
  await claimedById();
  expect(await failOnce()).toContain('can be claimed again in 120 s');
  // A claim by id ignores the pause.
  await claimedById();
  expect(await failOnce('--retry-after', '0')).toContain('is back in the queue');
  expect(await failOnce()).toContain('is held until a person takes it up');
});

test('under --json standard output is the answer of the API and nothing else', async () => {
  await given('as-json');
  const done = await cli.run(['next', '--owner', 'as-json', '--json', '--exec', 'echo said by the command']);
  expect(JSON.parse(done.out)).toMatchObject({ data: { id: 'as-json', status: 'done' } });
  expect(done.err).toContain('said by the command\n');
  await given('as-json-failed', { owner: 'as-json' });
  const failed = await cli.run(['next', '--owner', 'as-json', '--json', '--exec', 'echo said by the command; exit 1']);
  expect(JSON.parse(failed.out)).toMatchObject({ data: { status: 'pending', notes: 'The command ended with exit code 1: said by the command' } });
});

test('the claim is short and is kept alive by itself', async () => {
  await given('short');
  const { child, ended } = cli.start(['next', '--owner', 'short', '--exec', longCommand('short')]);
  await untilStarted('short');
  const { claim } = (await api.get('short')).data;
  expect(Date.parse(claim?.expires_at ?? '') - Date.parse(claim?.last_heartbeat_at ?? '')).toBe(300_000);
  child.kill('SIGTERM');
  await ended;
});

test.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)('two %s of one keystroke end the whole command and give the task back', async (name) => {
  const id = `stopped-by-${name.toLowerCase()}`;
  await given(id);
  const { child, ended } = cli.start(['next', '--owner', id, '--exec', longCommand(id)]);
  const pid = await untilStarted(id);
  child.kill(name);
  await sleep(3);
  child.kill(name);
  expect(await ended).toMatchObject({ code: 1, out: `${id} is pending: title of ${id}\n` });
  await expectEnded(pid);
  expect((await api.get(id)).data).toMatchObject({ status: 'pending', available_at: null, attempts: 0, notes: 'The command was interrupted.' });
});

test('Ctrl-C in a terminal under `npm run`, which passes the signal on a second time, gives the task back', async () => {
  await given('ctrl-c');
  const { ended, type, output } = cli.startWithNpm(['next', '--owner', 'ctrl-c', '--exec', longCommand('ctrl-c')]);
  const pid = await untilStarted('ctrl-c');
  type('\u0003');
  await vi.waitFor(async () => expect((await api.get('ctrl-c')).data.status).toBe('pending'), { timeout: 30_000 });
  await expectEnded(pid);
  await ended;
  expect(output()).toContain('Press Ctrl-C again to leave at once.');
  expect(output()).toContain('ctrl-c is pending');
});

test('a second keystroke ends the program and its command at once', async () => {
  await given('stubborn');
  const command = `trap '' TERM; echo $$ > ${folder}/stubborn; while :; do sleep 1; done`;
  const { child, ended } = cli.start(['next', '--owner', 'stubborn', '--exec', command]);
  const pid = await untilStarted('stubborn');
  child.kill('SIGINT');
  await sleep(600);
  child.kill('SIGINT');
  expect((await ended).code).toBe(130);
  await expectEnded(pid);
  expect((await api.get('stubborn')).data.status).toBe('claimed');
});

test('a reader that stops reading ends the command, and the task is given back', async () => {
  await given('unread');
  const { child, ended } = cli.start(['next', '--owner', 'unread', '--exec', 'while :; do echo more || exit; sleep 0.01; done']);
  await new Promise((resolve) => child.stdout?.once('data', resolve));
  child.stdout?.destroy();
  await Promise.all([once(child, 'exit'), ended.catch(() => undefined)]);
  expect((await api.get('unread')).data).toMatchObject({ status: 'pending', claim: null });
});

test('a process that the command leaves behind does not keep the task', async () => {
  await given('left');
  const { code } = await cli.run(['next', '--owner', 'left', '--exec', `sleep 300 & echo $! > ${folder}/left`]);
  expect(code).toBe(0);
  process.kill(await untilStarted('left'), 'SIGKILL');
});

test('--interactive gives the command the terminal', async () => {
  await given('asks');
  const run = await cli.runInTerminal(
    ['next', '--owner', 'asks', '--interactive', '--exec', 'test -t 1 && printf "name: " && read -r name && test "$name" = eve'],
    'eve\n',
  );
  expect(run).toMatchObject({ code: 0, out: expect.stringContaining('asks is done') });
});

test('a lost claim ends the command with the exit code of a conflict', async () => {
  await given('lost');
  const { child, ended } = cli.start(['next', '--owner', 'lost', '--lease', '30', '--exec', longCommand('lost')]);
  const pid = await untilStarted('lost');
  await api.archive('lost');
  expect(await ended).toMatchObject({ code: 3, err: expect.stringContaining('was lost') });
  expect(child.killed).toBe(false);
  await expectEnded(pid);
});
