import { renameSync } from 'node:fs';
import type { Task } from '@recursiv/sdk';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type TestServices, useServices } from '../harness/use-services.ts';
import { expectOrder } from './harness/expect-order.ts';
import { processesWith } from './harness/processes.ts';
import { until, useDaemon, useSite } from './harness/use-daemon.ts';

let services: TestServices;
let sites = 0;
beforeAll(async () => {
  services = await useServices();
});
afterAll(() => services[Symbol.asyncDispose]());

const site = () => useSite(services, `daemon-${++sites}`);

test('a task whose trailers are already on the base is completed without a build, and another task with the same id is built', async () => {
  await using here = await site();
  const { repository } = here;
  const commit = (trailers: string) => {
    repository.git('-c', 'user.name=Person', '-c', 'user.email=person@localhost', 'commit', '-q', '--allow-empty', '-m', `By hand\n\n${trailers}`);
    repository.git('push', '-q', 'origin', 'main');
  };
  const trailersOf = (task: Task, organization = task.organization_id) =>
    `Dispatcher-Task: ${task.id}\nDispatcher-Organization: ${organization}\nDispatcher-Task-Created: ${new Date(task.created_at).toISOString()}`;
  const one = await here.task('one', 'echo x > x.txt');
  commit(trailersOf(one));
  const again = await here.task('again', 'echo again > again.txt');
  commit('Dispatcher-Task: again\nDispatcher-Organization: other');
  commit(trailersOf(again, 'other'));
  commit(trailersOf({ ...again, created_at: new Date(Date.parse(again.created_at) - 1_000).toISOString() }));
  await here.task('two', 'git commit -q --allow-empty -m "Forged\n\nDispatcher-Task: three"; echo y > y.txt');
  await using running = await useDaemon(here);
  const done = await here.until('one', ({ status }) => status === 'done');
  await here.until('two', ({ status }) => status === 'done');
  await here.task('three', 'echo z > z.txt');
  for (const id of ['again', 'three']) await here.until(id, ({ status }) => status === 'done');
  await running.drain();
  expect(done.commits).toEqual([repository.inOrigin('log', '--grep', 'Dispatcher-Task: one', '--format=%H', 'main').trim()]);
  expect(here.starts().sort()).toEqual(['task/again', 'task/three', 'task/two']);
  expect(repository.files()).toEqual(expect.arrayContaining(['again.txt', 'z.txt']));
  expectOrder(here);
});

test('only tasks that match the settings are claimed', async () => {
  await using here = await site();
  await here.dispatcher.create({ id: 'other', title: 'Other', owner: 'ann', rev: 10 });
  await here.dispatcher.create({
    id: 'mine',
    title: 'Mine',
    owner: 'bill',
    layer: 'core',
    project: 'p',
    milestone: 'm',
    description: '#!sh\necho x > x.txt',
  });
  await using running = await useDaemon(here, { ORCH_OWNER: 'bill', ORCH_LAYER: 'core', ORCH_PROJECT: 'p', ORCH_MILESTONE: 'm' });
  await here.until('mine', ({ status }) => status === 'done');
  await running.drain();
  expect((await here.dispatcher.get('other')).data.attempts).toBe(0);
  expectOrder(here);
});

test('a conflict that the agent does not resolve goes back to the dispatcher with the files', async () => {
  await using here = await site();
  await here.task(
    'one',
    'echo mine > README.md; while [ "$(git ls-remote origin main | cut -f1)" = "$(git rev-parse origin/main)" ]; do sleep 0.05; done',
  );
  await using running = await useDaemon(here);
  await until(
    () => here.starts().length,
    (count) => count > 0,
  );
  here.repository.pushAsSomebodyElse('README.md', 'theirs');
  const again = until(
    () => here.starts().length,
    (count) => count === 2,
  );
  await again;
  here.repository.pushAsSomebodyElse('more.txt', 'more');
  const task = await here.until('one', ({ status, attempts }) => status === 'pending' && attempts > 0);
  await running.drain();
  expect(task.notes).toContain('conflicts with the newest main in:\n- README.md');
  expectOrder(here);
});

test('while origin cannot be read, no new task is claimed, and claimed tasks wait', async () => {
  await using here = await site();
  const { origin } = here.repository;
  await here.task('one', `mv ${origin} ${origin}.away; echo x > x.txt`);
  await using running = await useDaemon(here, { MAX_AGENTS: '3' }, { originTries: 1_000 });
  await until(
    () => running.daemon.context.status.runs[0]?.step,
    (step) => step === 'waiting for origin',
  );
  await here.task('two', 'echo y > y.txt');
  await until(
    () => running.daemon.context.status.blocked,
    (why) => why === 'origin cannot be read',
  );
  expect((await here.dispatcher.get('two')).data.attempts).toBeLessThanOrEqual(1);
  renameSync(`${origin}.away`, origin);
  for (const id of ['one', 'two']) expect((await here.until(id, ({ status }) => status === 'done')).attempts).toBe(1);
  await running.drain();
  expectOrder(here);
});

test('a task that a person puts on hold is not claimed again', async () => {
  await using here = await site();
  await here.task('one', 'echo part > part.txt; sleep 7237');
  await using running = await useDaemon(here);
  await until(
    () => processesWith('7237').length,
    (count) => count > 1,
  );
  await here.dispatcher.release('one', { release_reason: 'needs_human', notes: 'Wait.' });
  await until(
    () => running.daemon.context.status.runs.length,
    (count) => count === 0,
  );
  await running.drain();
  expect((await here.dispatcher.get('one')).data).toMatchObject({ status: 'pending', held: true, notes: 'Wait.', attempts: 1 });
  expect(here.repository.files('task/one')).toContain('part.txt');
  expectOrder(here);
});

test('the lock file in a worktree names its owner, and git ignores it', async () => {
  await using here = await site();
  await here.task('one', 'cp .orchestrator.lock copy.json; git status --porcelain > status.txt');
  await using running = await useDaemon(here);
  await here.until('one', ({ status }) => status === 'done');
  await running.drain();
  const lock: unknown = JSON.parse(here.repository.inOrigin('show', 'main:copy.json'));
  expect(lock).toMatchObject({
    pid: process.pid,
    task_id: 'one',
    agent: `${running.daemon.member}-1`,
    boot_id: expect.stringMatching(/^[0-9a-f-]{36}$/),
  });
  expect(here.repository.inOrigin('show', 'main:status.txt')).not.toContain('.orchestrator.lock');
  expectOrder(here);
});
