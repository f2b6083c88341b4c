import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { testWhere } from '../harness/test-where.ts';
import { type TestServices, useServices } from '../harness/use-services.ts';
import { expectOrder } from './harness/expect-order.ts';
import { processesWith } from './harness/processes.ts';
import { until, useDaemon, useSite } from './harness/use-daemon.ts';
import { useSwitch } from './harness/use-switch.ts';

let services: TestServices;
let sites = 0;
beforeAll(async () => {
  services = await useServices();
});
afterAll(() => services[Symbol.asyncDispose]());

const site = () => useSite(services, `surroundings-${++sites}`);

test('everything that is missing is reported together', async () => {
  await using here = await site();
  const env = { CLAUDE_CMD: 'no-such-agent', ORCH_BASE_BRANCH: 'no-such-branch', DISPATCHER_URL: 'http://127.0.0.1:9/api/v1/dispatcher' };
  const starting = useDaemon(here, env, { minimumFreeBytes: Number.MAX_SAFE_INTEGER });
  await expect(starting).rejects.toThrow(/"no-such-agent" is not on the PATH[\s\S]*no branch "no-such-branch"[\s\S]*127\.0\.0\.1:9[\s\S]*MiB free/);
});

test.each([
  ['no repository', { ORCH_REPO_DIR: '/proc' }, 'is not in a git repository'],
  ['a base without anything that verifies', { ORCH_VERIFY_CMD: '' }, 'Nothing would verify the work'],
  ['a wrong key', { DISPATCHER_API_KEY: 'sk_live_wrongwrongwrong' }, 'cannot be used'],
])('%s is refused with a clear message', async (_, env, words) => {
  await using here = await site();
  await expect(useDaemon(here, env)).rejects.toThrow(words);
});

test('a manifest of the base that is not valid JSON is refused with where it is wrong', async () => {
  await using here = await useSite(services, `surroundings-${++sites}`, { 'package.json': '{\n  "scripts": {,\n}\n' });
  await expect(useDaemon(here, { ORCH_VERIFY_CMD: '' })).rejects.toThrow(/The package\.json of main is not valid JSON \(.*line 2 column 15\)/);
});

test('a repository without an origin is refused with a clear message', async () => {
  await using here = await site();
  here.repository.git('remote', 'remove', 'origin');
  await expect(useDaemon(here)).rejects.toThrow('no remote "origin"');
});

test('uncommitted changes in the repository stay as they are and are not merged', async () => {
  await using here = await site();
  writeFileSync(path.join(here.repository.repo, 'README.md'), 'dirty');
  await here.task('one', 'echo x > x.txt');
  await using running = await useDaemon(here);
  await here.until('one', ({ status }) => status === 'done');
  await running.drain();
  expect(here.repository.git('status', '--porcelain')).toBe(' M README.md\n');
  expect(here.repository.inOrigin('show', 'main:README.md')).toBe('# Repository\n');
  expectOrder(here);
});

test('a push that origin refuses puts the task on hold, with the message of origin', async () => {
  await using here = await site();
  const hook = path.join(here.repository.origin, 'hooks/update');
  mkdirSync(path.dirname(hook), { recursive: true });
  writeFileSync(hook, '#!/bin/sh\n[ "$1" != refs/heads/main ] || { echo "main is protected" >&2; exit 1; }\n');
  chmodSync(hook, 0o755);
  await here.task('one', 'echo x > x.txt');
  await using running = await useDaemon(here);
  const task = await here.until('one', ({ held }) => held);
  await running.drain();
  expect(task).toMatchObject({ release_reason: 'blocked', branch: 'task/one' });
  expect(task.notes).toContain('main is protected');
  expect(here.repository.history()).toHaveLength(1);
  expectOrder(here);
});

test('a verification that hangs is killed with its child processes, and the reason is timeout', async () => {
  await using here = await site();
  await here.task('one', 'echo x > x.txt');
  await using running = await useDaemon(here, { ORCH_VERIFY_CMD: 'sleep 7233 & sleep 7233', ORCH_AGENT_TIMEOUT_MINUTES: '0.02', ORCH_ATTEMPTS: '1' });
  const task = await here.until('one', ({ release_reason }) => release_reason !== null);
  await running.drain();
  expect(task.release_reason).toBe('timeout');
  expect(processesWith('7233')).toEqual([]);
  expectOrder(here);
});

test('when the base moves during a verification, the work is verified again', async () => {
  await using here = await site();
  const { repository } = here;
  const gate = path.join(repository.folder, 'gate');
  await here.task('one', 'echo x > x.txt');
  const verify = `touch ${gate}.at; while [ ! -e ${gate} ]; do sleep 0.02; done; ${repository.verifyCommand}`;
  await using running = await useDaemon(here, { ORCH_VERIFY_CMD: verify });
  await until(
    () => processesWith(`${gate}.at`).length,
    (count) => count > 0,
  );
  repository.pushAsSomebodyElse('theirs.txt', 'theirs');
  writeFileSync(gate, '');
  await here.until('one', ({ status }) => status === 'done');
  await running.drain();
  expect(repository.passed()).toHaveLength(2);
  expect(repository.files()).toEqual(expect.arrayContaining(['theirs.txt', 'x.txt']));
  expectOrder(here);
});

test('a conflict goes back to the agent once, and its merge lands', async () => {
  await using here = await site();
  const { repository } = here;
  const gate = path.join(repository.folder, 'gate');
  const script = `
if grep -q 'conflicts with the newest main' "$PROMPT"; then git merge -q origin/main || true; echo both > README.md; git add -A; git commit -q -m merged
else echo mine > README.md; while [ ! -e ${gate} ]; do sleep 0.02; done; fi`;
  await here.task('one', script);
  await using running = await useDaemon(here);
  await until(
    () => here.starts().length,
    (count) => count > 0,
  );
  repository.pushAsSomebodyElse('README.md', 'theirs');
  writeFileSync(gate, '');
  await here.until('one', ({ status }) => status === 'done');
  await running.drain();
  expect(here.starts()).toHaveLength(2);
  expect(repository.inOrigin('show', 'main:README.md')).toBe('both\n');
  expectOrder(here);
});

test('the next attempt continues from the branch of the one before', async () => {
  await using here = await site();
  await here.task('one', 'if [ -e half.txt ]; then echo rest > rest.txt; else echo half > half.txt; exit 1; fi');
  await using running = await useDaemon(here, {}, { firstRetryAfterSeconds: 0 });
  const done = await here.until('one', ({ status }) => status === 'done');
  await running.drain();
  expect(done.attempts).toBe(2);
  expect(here.repository.files()).toEqual(expect.arrayContaining(['half.txt', 'rest.txt']));
  expect(here.repository.inOrigin('for-each-ref', 'refs/heads/task')).toBe('');
  expectOrder(here);
});

test('when the dispatcher is down longer than the lease, the daemon claims the task again and the work lands', async () => {
  await using here = await site();
  await using connection = await useSwitch(services.url);
  const gate = path.join(here.repository.folder, 'gate');
  await here.task('one', `while [ ! -e ${gate} ]; do sleep 0.02; done; echo x > x.txt`);
  await using running = await useDaemon(here, { DISPATCHER_URL: `${connection.url}/api/v1/dispatcher` });
  await until(
    () => here.starts().length,
    (count) => count > 0,
  );
  connection.cut();
  await services.pool.query(`UPDATE tasks SET expires_at = clock_timestamp() - interval '5 minutes' WHERE id = 'one' AND organization_id = $1`, [
    `surroundings-${sites}`,
  ]);
  await here.until('one', ({ status }) => status === 'pending');
  writeFileSync(gate, '');
  await until(
    () => running.daemon.context.status.runs[0]?.step,
    (step) => step === 'waiting for the dispatcher',
  );
  connection.mend();
  const done = await here.until('one', ({ status }) => status === 'done');
  await running.drain();
  expect(done.attempts).toBe(2);
  expect(here.starts()).toHaveLength(1);
  expectOrder(here);
});

test('when somebody else claims the task, the agent ends within five seconds and the work is kept', async () => {
  await using here = await site();
  await here.task('one', 'trap "" TERM; echo kept > kept.txt; sleep 7234');
  await using running = await useDaemon(here, {}, { heartbeatMs: 100 });
  await until(
    () => processesWith('7234').length,
    (count) => count > 1,
  );
  await here.dispatcher.release('one', {}).then(() => here.dispatcher.claim('one', { agent: 'thief' }));
  await until(
    () => processesWith('7234'),
    (pids) => pids.length === 0,
    5_000,
  );
  await until(
    () => running.daemon.context.status.runs.length,
    (count) => count === 0,
  );
  await running.drain();
  expect((await here.dispatcher.get('one')).data.claim?.agent).toBe('thief');
  expect(here.repository.files('task/one')).toContain('kept.txt');
  expectOrder(here);
});

test('two daemons with the same prefix have different names, and share the work', async () => {
  await using here = await site();
  const ids = Array.from({ length: 6 }, (_, index) => `t${index}`);
  for (const id of ids) await here.task(id, `echo ${id} > ${id}.txt`);
  await using first = await useDaemon(here);
  await using second = await useDaemon(here);
  expect(first.daemon.member).not.toBe(second.daemon.member);
  for (const id of ids) await here.until(id, ({ status }) => status === 'done');
  await Promise.all([first.drain(), second.drain()]);
  expect(here.starts()).toHaveLength(ids.length);
  expect(here.repository.history()).toHaveLength(ids.length + 1);
  expectOrder(here);
});

test('an interrupted daemon releases its task at once, and saves the work on origin', async () => {
  await using here = await site();
  await here.task('one', 'echo part > part.txt; sleep 7235');
  const running = await useDaemon(here);
  await until(
    () => processesWith('7235').length,
    (count) => count > 1,
  );
  await running[Symbol.asyncDispose]();
  const task = (await here.dispatcher.get('one')).data;
  expect(task).toMatchObject({ status: 'pending', release_reason: 'not_started', branch: 'task/one' });
  expect(processesWith('7235')).toEqual([]);
  expect(here.repository.files('task/one')).toContain('part.txt');
  expectOrder(here);
});

testWhere(process.getuid?.() === 0, 'root')('on a full disk the task goes back, and the daemon continues', async () => {
  await using here = await site();
  const small = path.join(here.repository.folder, 'small');
  mkdirSync(small);
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=4m', 'tmpfs', small]);
  try {
    await here.task('one', 'head -c 20000000 /dev/zero > big.bin');
    await using running = await useDaemon(here, { WORKTREE_BASE_DIR: path.join(small, 'agents') });
    const task = await here.until('one', ({ status, attempts }) => status === 'pending' && attempts > 0);
    expect(task.notes).toContain('exit code');
    await here.task('two', 'echo x > x.txt');
    await here.until('two', ({ status }) => status === 'done');
    await running.drain();
    expectOrder(here);
  } finally {
    execFileSync('umount', [small]);
    rmSync(small, { recursive: true, force: true });
  }
});
