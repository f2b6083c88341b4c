import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { RunRecord } from '@dispatcher/orchestrator/record/record.ts';
import type { Task } from '@recursiv/sdk';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { within } from '../harness/patience.ts';
import { type TestServices, useServices } from '../harness/use-services.ts';
import { expectOrder } from './harness/expect-order.ts';
import { processesWith } from './harness/processes.ts';
import { type Site, until, useDaemon, useSite } from './harness/use-daemon.ts';
import { recordsOf, stateOf, useDaemonProcess } from './harness/use-daemon-process.ts';
import { useGitServer } from './harness/use-git-server.ts';

let services: TestServices;
let sites = 0;
beforeAll(async () => {
  services = await useServices();
});
afterAll(() => services[Symbol.asyncDispose]());

const site = () => useSite(services, `take-over-${++sites}`);

const isWorking = (gate: string) =>
  until(
    () => processesWith(`-e ${gate} `).length,
    (count) => count > 0,
  );
const untilOpen = (gate: string) => `while [ ! -e ${gate} ]; do sleep 0.02; done`;
const gateOf = (here: Site) => path.join(here.repository.folder, 'gate');

/** Writes the record of a run that its daemon could not end. */
const leave = (here: Site, record: RunRecord) => {
  const folder = path.join(stateOf(here), 'runs', record.run);
  mkdirSync(folder);
  writeFileSync(path.join(folder, 'state.json'), JSON.stringify(record));
};

/** The files of work that is saved only in the place that the notes name. */
const savedFiles = (task: Task) => {
  const [, gitDir = '', ref = ''] = /in (\S+) only, as (\S+);/.exec(task.notes ?? '') ?? [];
  return execFileSync('git', ['--git-dir', gitDir, 'ls-tree', '-r', '--name-only', ref], { encoding: 'utf8' });
};

const onlyRecord = async (here: Site, wanted: (record: RunRecord) => boolean): Promise<RunRecord> => {
  const [record] = await until(
    () => recordsOf(here),
    (records) => records.some(wanted),
  );
  if (record === undefined) throw new Error('There is no run');
  return record;
};

test('another daemon takes over a run that a running daemon could not end, without disturbing git of the first', async () => {
  await using here = await site();
  const gate = gateOf(here);
  const hook = path.join(here.repository.origin, 'hooks/pre-receive');
  mkdirSync(path.dirname(hook), { recursive: true });
  writeFileSync(hook, `#!/bin/sh\ngrep refs/heads/main >> ${gate}.pushes\n${untilOpen(gate)}\n`);
  chmodSync(hook, 0o755);
  await here.task('one', 'echo x > x.txt');
  await using living = await useDaemonProcess(here);
  await until(
    () => existsSync(`${gate}.pushes`),
    (isPushing) => isPushing,
  );
  const record = await onlyRecord(here, ({ state }) => state === 'verified');
  leave(here, { ...record, run: crypto.randomUUID(), state: 'closed', branch: 'task/other', worktree: `${record.worktree}-other` });
  await using other = await useDaemon(here);
  await until(
    () => recordsOf(here).map(({ run }) => run),
    (runs) => runs.length === 1 && runs[0] === record.run,
  );
  writeFileSync(gate, '');
  await here.until('one', ({ status }) => status === 'done');
  await other.drain();
  await living.drain();
  expect(readFileSync(`${gate}.pushes`, 'utf8').trim().split('\n')).toHaveLength(1);
  expectOrder(here);
});

test('the rest of a lost run is removed, and the worktree of another run of the task is left alone', async () => {
  await using here = await site();
  const gate = gateOf(here);
  await here.task('one', `echo x > x.txt; ${untilOpen(gate)}; echo y > y.txt`);
  await using living = await useDaemonProcess(here);
  await isWorking(gate);
  const record = await onlyRecord(here, ({ state }) => state === 'building');
  leave(here, { ...record, run: crypto.randomUUID(), claimToken: 'old' });
  await using other = await useDaemon(here);
  await until(
    () => recordsOf(here).map(({ run }) => run),
    (runs) => runs.length === 1 && runs[0] === record.run,
  );
  writeFileSync(gate, '');
  const done = await here.until('one', ({ status }) => status === 'done');
  await other.drain();
  await living.drain();
  expect(done.attempts).toBe(1);
  expect(here.repository.files()).toEqual(expect.arrayContaining(['x.txt', 'y.txt']));
  expectOrder(here);
});

test('a run for another base branch is given back with its work, and does not land', async () => {
  await using here = await site();
  const gate = gateOf(here);
  here.repository.git('push', '-q', 'origin', 'main:release');
  await here.task('one', `echo x > x.txt; ${untilOpen(gate)}`);
  await using killed = await useDaemonProcess(here);
  await isWorking(gate);
  await killed.kill();
  const filters = { ORCH_BASE_BRANCH: 'release', ORCH_OWNER: 'nobody' };
  await using other = await useDaemon(here, filters);
  const task = await here.until('one', ({ status }) => status === 'pending');
  await other.drain();
  expect(task).toMatchObject({ release_reason: 'not_started', branch: 'task/one', notes: expect.stringContaining('main') });
  expect(here.repository.files('task/one')).toContain('x.txt');
  expect(here.repository.files('release')).not.toContain('x.txt');
  expectOrder(here);
});

test('a run of another organization does not occupy a slot, and its work is kept', async () => {
  await using here = await site();
  const gate = gateOf(here);
  await here.task('one', `echo x > x.txt; ${untilOpen(gate)}`);
  await using killed = await useDaemonProcess(here);
  await isWorking(gate);
  await killed.kill();
  const key = await services.createKey(`take-over-${sites}-other`);
  await using other = await useDaemon(here, { DISPATCHER_API_KEY: key });
  await until(
    () => recordsOf(here),
    (records) => records.length === 0,
  );
  await other.drain();
  expect(here.repository.files('task/one')).toContain('x.txt');
  expectOrder(here);
});

test('a run that cannot be ended is left for the next start, and other work continues', async () => {
  await using here = await site();
  await here.task('one', 'echo kept > kept.txt; sleep 7241');
  const running = await useDaemon(here, { MAX_AGENTS: '1' });
  await until(
    () => processesWith('7241').length,
    (count) => count > 1,
  );
  // A folder is in the place of a lock file. Neither git nor the daemon removes it.
  const lock = path.join(stateOf(here), 'clean.git/refs/heads/task/one.lock');
  mkdirSync(path.join(lock, 'in the way'), { recursive: true });
  await here.dispatcher.release('one', { release_reason: 'needs_human' });
  await here.task('two', 'echo two > two.txt');
  await here.until('two', ({ status }) => status === 'done');
  await running.drain();
  await running[Symbol.asyncDispose]();
  expect(recordsOf(here).map(({ task }) => task.id)).toEqual(['one']);
  rmSync(lock, { recursive: true });
  await using next = await useDaemon(here);
  await until(
    () => recordsOf(here),
    (records) => records.length === 0,
  );
  await next.drain();
  expect(here.repository.files('task/one')).toContain('kept.txt');
  expectOrder(here);
});

test('a daemon that is interrupted while origin is down releases its task at once', async () => {
  await using here = await site();
  const { origin } = here.repository;
  await here.task('one', `echo x > x.txt; mv ${origin} ${origin}.away`);
  const running = await useDaemon(here, {}, { originTries: 1_000 });
  await until(
    () => running.daemon.context.status.runs[0]?.step,
    (step) => step === 'waiting for origin',
  );
  await running[Symbol.asyncDispose]();
  renameSync(`${origin}.away`, origin);
  const task = (await here.dispatcher.get('one')).data;
  expect(task).toMatchObject({ status: 'pending', release_reason: 'not_started' });
  expect(savedFiles(task)).toContain('x.txt');
  expectOrder(here);
});

test('a daemon that is interrupted while origin does not answer ends within seconds and keeps the work', async () => {
  await using here = await site();
  await using server = await useGitServer(here.repository.folder);
  here.repository.git('remote', 'set-url', 'origin', `${server.url}/origin.git`);
  const gate = gateOf(here);
  await here.task('one', `echo x > x.txt; ${untilOpen(gate)}`);
  const running = await useDaemon(here, {}, { originPatienceMs: 500 });
  await isWorking(gate);
  server.fallSilent();
  writeFileSync(gate, '');
  await until(
    () => processesWith('ls-remote').length,
    (count) => count > 0,
  );
  await within(10_000, running[Symbol.asyncDispose]());
  const task = (await here.dispatcher.get('one')).data;
  expect(task).toMatchObject({ status: 'pending', release_reason: 'not_started', notes: expect.stringContaining('origin could not be reached') });
  expect(savedFiles(task)).toContain('x.txt');
  expectOrder(here);
});
