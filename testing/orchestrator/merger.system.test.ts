import { chmodSync, existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { defaultTimings } from '@dispatcher/orchestrator/daemon/context.ts';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type TestServices, useServices } from '../harness/use-services.ts';
import { expectOrder } from './harness/expect-order.ts';
import { handOver } from './harness/hand-over.ts';
import { processesWith } from './harness/processes.ts';
import { type Site, until, useDaemon, useMerger, useSite } from './harness/use-daemon.ts';
import { recordsOf, useDaemonProcess } from './harness/use-daemon-process.ts';

let services: TestServices;
let sites = 0;
beforeAll(async () => {
  services = await useServices();
});
afterAll(() => services[Symbol.asyncDispose]());

const site = () => useSite(services, `merger-${++sites}`);
const names = (count: number) => Array.from({ length: count }, (_, index) => `t${index + 1}`);
const untilDone = async (here: Site, ids: readonly string[]) => {
  for (const id of ids) await here.until(id, ({ status }) => status === 'done');
};

/** A verify command that first waits for the gate. It writes a file when it begins. */
const gated = (here: Site) => {
  const gate = path.join(here.repository.folder, 'gate');
  const began = path.join(here.repository.folder, 'began');
  return { gate, began, env: { ORCH_VERIFY_CMD: `touch ${began}; while [ ! -e ${gate} ]; do sleep 0.02; done; ${here.repository.verifyCommand}` } };
};

test('waiting tasks are verified together: each has one commit, and the last commit is the one that passed', async () => {
  await using here = await site();
  const ids = names(6);
  const { gate, began, env } = gated(here);
  await handOver(here, 'first', { 'first.txt': 'first' });
  await using merger = await useMerger(here, env);
  await until(
    () => existsSync(began),
    (hasBegun) => hasBegun,
  );
  for (const id of ids) await handOver(here, id, { [`${id}.txt`]: id });
  await until(
    () => merger.daemon.context.status.runs.filter(({ step }) => step === 'waiting to merge').length,
    (count) => count === ids.length,
  );
  writeFileSync(gate, '');
  await untilDone(here, ['first', ...ids]);
  await merger.drain();
  expect(here.repository.passed()).toHaveLength(2);
  expect(here.repository.inOrigin('log', '--format=%(trailers:key=Dispatcher-Task,valueonly,separator=)', 'main').trim().split('\n')).toHaveLength(7);
  expect(here.repository.files()).toEqual(expect.arrayContaining(ids.map((id) => `${id}.txt`)));
  expect(here.repository.inOrigin('for-each-ref', 'refs/heads/task')).toBe('');
  const done = (await here.dispatcher.get('t3')).data;
  expect(here.repository.inOrigin('log', '-1', '--format=%s', done.commits[0] ?? '')).toContain('Do t3');
  expectOrder(here);
});

test('the failing task of a batch goes back with the log, and all others land', async () => {
  await using here = await site();
  const ids = names(8);
  const culprit = 't6';
  for (const id of ids) await handOver(here, id, { [`${id}.txt`]: id === culprit ? 'BROKEN' : id });
  await using merger = await useMerger(here);
  await untilDone(
    here,
    ids.filter((id) => id !== culprit),
  );
  const back = await here.until(culprit, ({ stage }) => stage === 'build');
  await merger.drain();
  expect(back).toMatchObject({ status: 'pending', held: false, release_reason: 'audit_failed', branch: 'task/t6' });
  expect(back.context_handoff).toContain('a file is BROKEN');
  expect(here.repository.inOrigin('for-each-ref', '--format=%(refname:short)', 'refs/heads/task').trim()).toBe('task/t6');
  expect(here.repository.passed().length).toBeLessThan(7);
  expectOrder(here);
});

test('when two tasks conflict, the first lands and the second goes back with the files, and its builder begins with its branch', async () => {
  await using here = await site();
  const { gate, began, env } = gated(here);
  await handOver(here, 'zero', { 'zero.txt': '0' });
  await using merger = await useMerger(here, env);
  await until(
    () => existsSync(began),
    (hasBegun) => hasBegun,
  );
  await handOver(here, 'one', { 'README.md': 'one', 'one.txt': 'one' });
  await handOver(here, 'two', { 'README.md': 'two', 'two.txt': 'two' });
  await until(
    () => merger.daemon.context.status.runs.length,
    (count) => count === 3,
  );
  writeFileSync(gate, '');
  const seen = await until(
    async () => Promise.all(['one', 'two'].map(async (id) => (await here.dispatcher.get(id)).data)),
    (tasks) => tasks.some(({ status }) => status === 'done') && tasks.some(({ stage }) => stage === 'build'),
  );
  const back = seen.find(({ status }) => status !== 'done');
  expect(back).toMatchObject({ release_reason: 'audit_failed', notes: expect.stringContaining('- README.md') });
  expect(back?.context_handoff).toContain('Merge origin/main');
  await merger.drain();
  expectOrder(here);
});

test('work that conflicts only with its batch waits, and lands when the conflicting work does not', async () => {
  await using here = await site();
  await handOver(here, 'one', { 'README.md': 'one', 'one.txt': 'BROKEN' });
  await handOver(here, 'two', { 'README.md': 'two' });
  await using merger = await useMerger(here);
  await untilDone(here, ['two']);
  await here.until('one', ({ stage }) => stage === 'build');
  await merger.drain();
  expect(here.repository.inOrigin('show', 'main:README.md')).toBe('two');
  expectOrder(here);
});

test('when the base moves during every verification, the merge gives the reason and the task stays with the mergers', async () => {
  await using here = await site();
  const mover = path.join(here.repository.folder, 'mover');
  here.repository.git('clone', '-q', here.repository.origin, mover);
  const move = `cd ${mover} && git -c user.name=Person -c user.email=person@localhost commit -q --allow-empty -m move && git push -q origin HEAD:main`;
  await handOver(here, 'one', { 'one.txt': 'one' });
  const env = { ORCH_VERIFY_CMD: `${here.repository.verifyCommand} && (unset GIT_DIR; ${move})` };
  await using merger = await useMerger(here, env, { firstRetryAfterSeconds: 3_600 });
  const task = await here.until('one', ({ status, notes }) => status === 'pending' && notes !== null);
  await merger.drain();
  // The builder spent this one attempt; the merger spent none.
  expect(task).toMatchObject({
    stage: 'merge',
    attempts: 1,
    release_reason: 'not_started',
    notes: expect.stringContaining('main moved during each of 5 verifications'),
  });
  expect(here.repository.passed()).toHaveLength(5);
  expectOrder(here);
});

test('a task whose claim is lost while its batch is verified does not land; the others are verified without it and land', async () => {
  await using here = await site();
  const { gate, began, env } = gated(here);
  for (const id of names(3)) await handOver(here, id, { [`${id}.txt`]: id });
  await using merger = await useMerger(here, env);
  await until(
    () => existsSync(began),
    (hasBegun) => hasBegun,
  );
  await here.dispatcher.release('t2', { release_reason: 'needs_human', notes: 'Wait.' });
  writeFileSync(gate, '');
  await untilDone(here, ['t1', 't3']);
  await merger.drain();
  expect((await here.dispatcher.get('t2')).data).toMatchObject({ status: 'pending', held: true, stage: 'merge' });
  expect(here.repository.files()).not.toContain('t2.txt');
  expect(here.repository.files('task/t2')).toContain('t2.txt');
  expectOrder(here);
});

test('when a merger is killed between push and done, the next start completes the batch without another verification', async () => {
  await using here = await site();
  const ids = names(4);
  for (const id of ids) await handOver(here, id, { [`${id}.txt`]: id });
  const gate = path.join(here.repository.folder, 'gate');
  const hook = path.join(here.repository.origin, 'hooks/post-receive');
  mkdirSync(path.dirname(hook), { recursive: true });
  writeFileSync(hook, `#!/bin/sh\ntouch ${gate}.pushed\nwhile [ ! -e ${gate} ]; do sleep 0.02; done\n`);
  chmodSync(hook, 0o755);
  await using merger = await useDaemonProcess(here, {}, 'merger');
  await until(
    () => existsSync(`${gate}.pushed`),
    (isPushed) => isPushed,
  );
  await merger.kill();
  const verified = here.repository.passed().length;
  const landed = recordsOf(here).filter(({ state }) => state === 'verified').length;
  writeFileSync(gate, '');
  rmSync(hook);
  await using next = await useDaemonProcess(here, {}, 'merger');
  await untilDone(here, ids);
  expect(await next.drain()).toBe(0);
  expect(landed).toBeGreaterThan(0);
  expect(here.repository.passed().length - verified).toBeLessThanOrEqual(landed === ids.length ? 0 : 2);
  expect(here.repository.inOrigin('log', '--format=%(trailers:key=Dispatcher-Task,valueonly,separator=)', 'main').trim().split('\n').sort()).toEqual(
    ids,
  );
  expectOrder(here);
});

test('another running merger takes over the work of a killed merger', async () => {
  await using here = await site();
  const { gate, began, env } = gated(here);
  const ids = names(3);
  for (const id of ids) await handOver(here, id, { [`${id}.txt`]: id });
  await using killed = await useDaemonProcess(here, env, 'merger');
  await until(
    () => existsSync(began),
    (hasBegun) => hasBegun,
  );
  await using merger = await useMerger(here);
  await killed.kill();
  writeFileSync(gate, '');
  await untilDone(here, ids);
  await merger.drain();
  for (const id of ids) expect((await here.dispatcher.get(id)).data.attempts).toBe(2);
  expectOrder(here);
});

test('two mergers that share only origin and the dispatcher land each task once', async () => {
  await using here = await site();
  const ids = names(12);
  const elsewhere = { XDG_STATE_HOME: path.join(here.repository.folder, 'other-state'), AGENT_PREFIX: 'other', ORCH_MERGE_BATCH: '3' };
  await using one = await useMerger(here, { ORCH_MERGE_BATCH: '2' });
  await using two = await useMerger(here, elsewhere, { originTries: 100 });
  for (const id of ids) await handOver(here, id, { [`${id}.txt`]: id });
  await untilDone(here, ids);
  await Promise.all([one.drain(), two.drain()]);
  expect(here.repository.inOrigin('log', '--format=%(trailers:key=Dispatcher-Task,valueonly,separator=)', 'main').trim().split('\n').sort()).toEqual(
    ids.toSorted(),
  );
  expectOrder(here);
});

test('a merger needs no agent, builds nothing, and leaves to a builder what only a builder can finish', async () => {
  await using here = await site();
  const gate = path.join(here.repository.folder, 'gate');
  await here.task('one', `while [ ! -e ${gate} ]; do sleep 0.02; done; echo one > one.txt`);
  await using builder = await useDaemonProcess(here, { MERGE_ENABLED: 'false' });
  await until(
    () => processesWith(`-e ${gate} `).length,
    (count) => count > 0,
  );
  await builder.kill();
  await handOver(here, 'two', { 'two.txt': 'two' });
  await using merger = await useMerger(here, { CLAUDE_CMD: 'no-such-agent' });
  await untilDone(here, ['two']);
  expect(recordsOf(here).map(({ task, state }) => [task.id, state])).toContainEqual(['one', 'building']);
  writeFileSync(gate, '');
  await using next = await useDaemon(here, { MERGE_ENABLED: 'false' });
  await untilDone(here, ['one']);
  await next.drain();
  await merger.drain();
  expect(here.starts()).toEqual(['task/one', 'task/one']);
  expectOrder(here);
});

test('a batch of eight candidates needs far fewer verifications than eight batches of one', async () => {
  await using here = await site();
  const verificationsFor = async (batch: number) => {
    const before = here.repository.passed().length;
    const ids = names(8).map((id) => `batch${batch}-${id}`);
    for (const id of ids) await handOver(here, id, { [`${id}.txt`]: id });
    const begun = performance.now();
    await using merger = await useMerger(here, { ORCH_MERGE_BATCH: String(batch) }, { gatherMs: defaultTimings.gatherMs });
    await untilDone(here, ids);
    await merger.drain();
    const verifications = here.repository.passed().length - before;
    process.stdout.write(`8 candidates, batches of ${batch}: ${verifications} verifications in ${Math.round(performance.now() - begun)} ms\n`);
    return verifications;
  };
  expect(await verificationsFor(1)).toBe(8);
  // Candidates that are claimed late form their own batch.
  expect(await verificationsFor(8)).toBeLessThanOrEqual(4);
  expectOrder(here);
});
