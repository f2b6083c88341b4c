import { type TestDispatcher, useDispatcher } from '@dispatcher/testing/harness/use-dispatcher.ts';
import { useFolder } from '@dispatcher/testing/harness/use-folder.ts';
import { type TestCli, useCli } from '@dispatcher/testing/sdk/use-cli.ts';
import { Recursiv } from '@recursiv/sdk';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';

let resources: AsyncDisposableStack;
let dispatcher: TestDispatcher;
let cli: TestCli;
let admin: TestCli;
let api: Recursiv['dispatcher'];

beforeAll(async () => {
  resources = new AsyncDisposableStack();
  dispatcher = resources.use(await useDispatcher());
  const folder = resources.use(await useFolder()).path;
  const { url, api_key, admin_key } = dispatcher.credentials;
  const common = { RECURSIV_BASE_URL: `${url}/api/v1`, XDG_CONFIG_HOME: folder, DISPATCHER_AGENT: 'tester' };
  cli = useCli({ ...common, RECURSIV_API_KEY: api_key });
  admin = useCli({ ...common, RECURSIV_API_KEY: admin_key });
  api = new Recursiv({ apiKey: api_key, baseUrl: `${url}/api/v1` }).dispatcher;
});

afterAll(() => resources.disposeAsync());

/** What a terminal of 80 columns shows, without colours. */
async function shown(args: readonly string[]): Promise<string[]> {
  const { out } = await cli.runInTerminal(args);
  return out
    .replaceAll(/\p{Cc}\[\d+m/gu, '')
    .trimEnd()
    .split('\r\n');
}

test('a table of tasks with server-made ids fits into 80 columns, with titles and agents', async () => {
  const common = { project: 'the web site', owner: 'fits', milestone: 'autumn release', layer: 'core', rev: 5 };
  for (let n = 0; n < 3; n += 1) await api.create({ title: `Make the login page work on narrow screens ${n}`, ...common });
  const { data } = await api.claimNext({ agent: 'a-rather-long-name-of-an-agent', owner: 'fits' });
  const lines = await shown(['tasks', '--owner', 'fits']);
  expect(lines).toHaveLength(4);
  for (const line of lines) expect(line.length).toBeLessThanOrEqual(80);
  expect(lines[0]).toMatch(/^ID +STATUS +SCORE +AGE +AGENT +TITLE$/);
  const claimed = lines.find((line) => line.startsWith(data?.task.id.slice(0, 8) ?? ''));
  expect(claimed).toMatch(/^[0-9a-f]{8} +claimed +7\.50 +\d+ s +a-rather-long-name-of-a… +Make the login page/);
});

test('in a file, ids are whole and times are exact', async () => {
  const { data } = await api.create({ title: 'for a script', owner: 'whole' });
  expect((await cli.run(['tasks', '--owner', 'whole'])).out).toContain(`${data.id}  pending   0.00  ${data.created_at}`);
});

test('tasks that are done are left out unless --status or --all asks for them', async () => {
  for (const id of ['open-low', 'open-high', 'open-claimed', 'open-done'])
    await api.create({ id, title: id, owner: 'open', rev: id === 'open-high' ? 9 : 1 });
  await api.claim('open-claimed', { agent: 'a' });
  await api.claim('open-done', { agent: 'a' });
  await api.complete('open-done');
  const ids = async (...flags: string[]) => {
    const { out } = await cli.run(['tasks', '--owner', 'open', '--json', ...flags]);
    return JSON.parse(out).data.map(({ id }: { id: string }) => id);
  };
  expect(await ids()).toEqual(['open-high', 'open-low', 'open-claimed']);
  expect(await ids('--limit', '2')).toEqual(['open-high', 'open-low']);
  expect(await ids('--status', 'done')).toEqual(['open-done']);
  expect(await ids('--all')).toEqual(['open-high', 'open-low', 'open-claimed', 'open-done']);
  expect((await cli.run(['tasks', '--owner', 'open', '--limit', '2'])).err).toMatch(/^There are more: --limit/);
  expect(await cli.run(['tasks', '--cursor', 'x'])).toMatchObject({ code: 2, err: '--cursor needs --status or --all.\n' });
  expect((await shown(['tasks', '--owner', 'open', '--status', 'done'])).join('\n')).toMatch(/ DONE .*\n.* (now|\d+ s ago) /);
});

test('--held says why each task is held', async () => {
  await api.create({ id: 'held-question', title: 'Choose a database', owner: 'held' });
  await api.claim('held-question', { agent: 'a' });
  await api.release('held-question', { agent: 'a', release_reason: 'needs_human', notes: 'Which one may I use?\nThere are two.' });
  await api.create({ id: 'held-by-hand', title: 'Not yet', owner: 'held', held: true });
  const lines = await shown(['tasks', '--held', '--owner', 'held']);
  expect(lines[0]).toMatch(/ WHY +TITLE$/);
  expect(lines.join('\n')).toMatch(/held-question +\d+ s +held +needs_human: Which one may I.* +Choose a database/);
  for (const line of lines) expect(line.length).toBeLessThanOrEqual(80);
});

test('every command takes the beginning of an id for the whole, and refuses it when several ids begin with it', async () => {
  const { data: task } = await api.create({ title: 'Made by the server', owner: 'beginning' });
  const beginning = task.id.slice(0, 8);
  for (const args of [['show'], ['claim'], ['heartbeat'], ['release'], ['claim'], ['done']])
    expect((await cli.run([...args, beginning])).err, args.join(' ')).toBe('');
  expect((await api.get(task.id)).data.status).toBe('done');

  await api.create({ id: 'same-one', title: 'First of two', owner: 'beginning' });
  await api.create({ id: 'same-two', title: 'Second of two', owner: 'beginning' });
  const refused = await cli.run(['claim', 'same']);
  expect(refused).toMatchObject({ code: 2, out: '' });
  expect(refused.err).toMatch(
    /^Several ids begin with "same"\. Type more of the one you mean:\n {2}same-\w+ {2}\w+ of two\n {2}same-\w+ {2}\w+ of two\n$/,
  );
  await api.create({ id: 'same', title: 'The whole id', owner: 'beginning' });
  expect((await cli.run(['show', 'same'])).out).toContain('The whole id');
  for (const typed of ['sam', 'zzzz', 'No slug!', '..x..']) expect((await cli.run(['show', typed])).err, typed).toMatch(/\(not_found\)/);
});

test('revoke takes the beginning of the id of a key for the whole', async () => {
  const { out } = await admin.run(['keys', 'create', '--org', 'acme', '--name', 'short', '--json']);
  const { id } = JSON.parse(out).data;
  expect((await admin.run(['keys', 'revoke', 'key_'])).code).toBe(1);
  expect((await admin.run(['keys', 'revoke', id.slice(0, 12)])).out).toContain(`Key ${id} (short of acme) is revoked.`);
});

test('show lists the attempts and how each ended, and says nothing confusing after a merge', async () => {
  await api.create({ id: 'many', title: 'Took several attempts', owner: 'many' });
  await api.claim('many', { agent: 'first' });
  await api.release('many', { agent: 'first', release_reason: 'blocked', notes: 'The certificate is missing.\nSee below.' });
  await api.claim('many', { agent: 'second' });
  await api.release('many', { agent: 'second', release_reason: 'completed', notes: 'Built on task/many.' });
  const merge = await api.claim('many', { agent: 'merger' });
  await api.complete('many', { claim_token: merge.data.claim.claim_token });
  const lines = await shown(['show', 'many']);
  const attempts = lines.slice(lines.indexOf('Attempts') + 1, lines.indexOf('Attempts') + 6);
  expect(attempts[0]).toMatch(/^1 {2}build by first, (now|\d+ s ago), took \d+ s: released, blocked$/);
  expect(attempts[1]).toBe('   The certificate is missing.');
  expect(attempts[2]).toMatch(/^2 {2}build by second, (now|\d+ s ago), took \d+ s: built, to be merged$/);
  expect(attempts[3]).toBe('   Built on task/many.');
  expect(attempts[4]).toMatch(/^3 {2}merge by merger, (now|\d+ s ago), took \d+ s: done$/);
  expect(lines.join('\n')).not.toMatch(/attempts +3/);

  await api.create({ id: 'twice', title: 'Was not started at first' });
  await api.claim('twice', { agent: 'nobody' });
  await api.release('twice', { agent: 'nobody', release_reason: 'not_started' });
  await api.claim('twice', { agent: 'somebody' });
  await api.complete('twice');
  const ends = (await shown(['show', 'twice'])).filter((line) => line.includes(' by '));
  expect(ends.join('\n')).toMatch(/build by nobody, .*: given back, does not count as an attempt\n.*build by somebody, .*: done$/);

  await api.create({ id: 'working', title: 'Is being worked on' });
  await api.claim('working', { agent: 'somebody', lease_seconds: 1800 });
  expect((await shown(['show', 'working'])).join('\n')).toMatch(/1 {2}build by somebody, (now|\d+ s ago): at work, for another 30 min at least/);
  expect(JSON.parse((await cli.run(['show', 'many', '--json'])).out)).toEqual({ data: expect.objectContaining({ id: 'many', attempts: 3 }) });
});

test('watch and the activity say why a task was given back', async () => {
  const { child, ended, output } = cli.start(['watch', '--type', 'task.released']);
  await api.create({ id: 'given-back', title: 'Comes back' });
  const release = async () => {
    await api.claim('given-back', { agent: 'a' });
    await api.release('given-back', { agent: 'a', release_reason: 'timeout', notes: 'It took too long.\nMore.', retry_after_seconds: 60 });
    expect(output()).toMatch(/ given-back {2}Comes back by a {2}timeout: It took too long\.; can be claimed again at 20\S+Z\n/);
  };
  await vi.waitFor(release, { timeout: 30_000, interval: 200 });
  child.kill('SIGINT');
  expect((await ended).code).toBe(0);
  expect((await shown(['show', 'given-back', '--activity'])).join('\n')).toMatch(
    /\d\d:\d\d:\d\d {2}task\.released .*timeout: It took too long\.; can be claimed again in (1 min|\d+ s)/,
  );
});

test('times in a terminal are relative', async () => {
  await api.create({ id: 'relative', title: 'When?', owner: 'relative' });
  expect((await shown(['show', 'relative'])).join('\n')).toMatch(/created +(now|\d+ s ago) by key:/);
  expect((await shown(['next', '--owner', 'relative', '--lease', '300'])).join('\n')).toMatch(/claimed by +tester, for another 5 min/);
  expect((await cli.run(['show', 'relative'])).out).toMatch(/created +20\d\d-\S+Z by key:/);
});

test('create --after lets a task wait, and graph shows for what', async () => {
  await api.create({ id: 'graph-first', title: 'Comes first' });
  expect((await cli.run(['create', 'Comes later', '--id', 'graph-later', '--after', 'graph-fir'])).out).toBe('graph-later is blocked: Comes later\n');
  expect((await cli.run(['show', 'graph-later'])).out).toMatch(/waits for +graph-first\n/);
  expect((await cli.run(['graph', 'graph-later'])).out).toBe(
    'graph-later  blocked  Comes later\n\nWaits for\n└─ graph-first  pending  Comes first\n',
  );
  expect((await cli.run(['claim', 'graph-later'])).code).toBe(3);
  const ids = async (flag: string) => JSON.parse((await cli.run(['tasks', flag, '--json'])).out).data.map(({ id }: { id: string }) => id);
  expect(await ids('--blocked')).toEqual(['graph-later']);
  expect(await ids('--no-ready')).toContain('graph-later');
  const ready = await ids('--ready');
  expect(ready).toContain('graph-first');
  expect(ready).not.toContain('graph-later');
});
