import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type TestServices, useServices } from '../harness/use-services.ts';
import { expectOrder } from './harness/expect-order.ts';
import { story } from './harness/story.ts';
import { type Site, until, useDaemon, useSite } from './harness/use-daemon.ts';

let services: TestServices;
let sites = 0;
beforeAll(async () => {
  services = await useServices();
});
afterAll(() => services[Symbol.asyncDispose]());

const site = (baseFiles?: Record<string, string>) => useSite(services, `fault-${++sites}`, baseFiles);
const say = (message: object) => `echo '${JSON.stringify(message)}'`;
const gateOf = (here: Site) => path.join(here.repository.folder, 'gate');

/** While the gate is closed, the agent prints this and ends. Once the gate is open, it does its work. */
const untilMended = (gate: string, script: string) =>
  `if [ ! -e ${gate} ]; then ${script}; fi; echo ok > "$(git symbolic-ref --short HEAD | tr / -).txt"`;

test.each([
  ['refused key', say({ type: 'result', is_error: true, api_error_status: 401, result: 'Invalid API key' }), 'exit 1', 'key was refused (401)'],
  ['rate limit', say({ type: 'result', is_error: true, api_error_status: 429, result: 'Slow down' }), 'exit 1', 'rate limit is reached'],
  ['overloaded model', say({ type: 'result', is_error: true, api_error_status: 529, result: 'Overloaded' }), 'exit 0', 'does not answer (529)'],
  ['limit told with exit code 0', say({ type: 'result', is_error: false, result: 'Usage limit reached' }), 'exit 0', 'quota is used up'],
  [
    'key refused while it retries',
    say({ type: 'system', subtype: 'api_retry', error_status: 401, attempt: 1, max_retries: 10 }),
    'sleep 60',
    'key was refused (401)',
  ],
])('%s: the daemon pauses and gives the reason, and spends no attempt', async (_, words, end, why) => {
  await using here = await site();
  const gate = gateOf(here);
  await here.task('one', untilMended(gate, `${words}; ${end}`));
  await using running = await useDaemon(here);
  const paused = await until(
    () => running.daemon.context.pause.current,
    (pause) => pause !== null,
  );
  expect(paused?.why).toContain(why);
  writeFileSync(gate, '');
  const done = await here.until('one', ({ status }) => status === 'done');
  await running.drain();
  expect(done.attempts).toBe(1);
  expectOrder(here);
});

test('several tasks in a row that end immediately in the same way pause the daemon, whatever their output is', async () => {
  await using here = await site();
  const gate = gateOf(here);
  for (const id of ['one', 'two', 'three']) await here.task(id, untilMended(gate, `echo "Kaputt ${id.length}"; exit 9`));
  await using running = await useDaemon(here);
  const paused = await until(
    () => running.daemon.context.pause.current,
    (pause) => pause !== null,
  );
  expect(paused?.why).toContain('several tasks in a row ended at once in the same way');
  writeFileSync(gate, '');
  await until(
    async () => (await here.dispatcher.stats()).data.byStatus.done ?? 0,
    (done) => done === 1,
  );
  await running.drain();
  expectOrder(here);
});

test('a base that fails verification pauses the daemon and shows the log, and the work waits until the base passes', async () => {
  await using here = await site({ 'flag.txt': 'BROKEN\n' });
  await here.task('one', 'echo w > w.txt');
  await using running = await useDaemon(here);
  const paused = await until(
    () => running.daemon.context.base.pause.current,
    (pause) => pause !== null,
  );
  expect(paused?.why).toMatch(/main itself does not pass: .*base-verify\.log/);
  here.repository.pushAsSomebodyElse('flag.txt', 'fine');
  const done = await here.until('one', ({ status }) => status === 'done');
  await running.drain();
  expect(done.attempts).toBe(1);
  expect(here.starts()).toHaveLength(1);
});

test('a set-up command that fails on the base pauses the daemon, and no agent is started until it works', async () => {
  await using here = await site();
  const gate = gateOf(here);
  await here.task('one', 'echo w > w.txt');
  await using running = await useDaemon(here, { ORCH_SETUP_CMD: `[ -e ${gate} ] || { echo no registry; exit 7; }` });
  const paused = await until(
    () => running.daemon.context.base.pause.current,
    (pause) => pause !== null,
  );
  expect(paused?.why).toContain('the set-up of main fails');
  expect(here.starts()).toEqual([]);
  writeFileSync(gate, '');
  const done = await here.until('one', ({ status }) => status === 'done');
  await running.drain();
  expect(done.attempts).toBe(1);
  expectOrder(here);
});

test('a daemon that stops while it is paused releases its task, and this does not count as a failure', async () => {
  await using here = await site();
  for (let round = 1; round <= 6; round++) {
    if (round === 1) await here.task('one', untilMended(gateOf(here), `${say({ type: 'result', is_error: true, api_error_status: 401 })}; exit 1`));
    await using running = await useDaemon(here, {}, { pause: { firstMs: 600_000, longestMs: 600_000 } });
    await until(
      () => running.daemon.context.pause.current,
      (pause) => pause !== null,
    );
    await running.drain();
  }
  expect((await here.dispatcher.get('one')).data).toMatchObject({ held: false, release_reason: 'not_started', attempts: 0 });
  expectOrder(here);
});

test('an agent that keeps running after its result is killed, and its work lands', async () => {
  await using here = await site();
  const script = `echo w > w.txt; ${say({ type: 'result', is_error: false, result: 'I wrote it.' })}; sleep 7251`;
  const task = await story(here, script);
  expect(task).toMatchObject({ status: 'done', attempts: 1 });
  expect(task.notes).toContain('The agent said at its end:\nI wrote it.');
});

test('the last output of an agent that changes nothing is kept in the notes', async () => {
  await using here = await site();
  const task = await story(here, say({ type: 'result', is_error: false, result: 'The task is not clear to me.' }));
  expect(task.notes).toContain('The task is not clear to me.');
  expect(task.notes).toContain('an empty diff is not done');
  expect(existsSync(path.join(here.repository.folder, 'gate'))).toBe(false);
});

test('while origin refuses pushes, the daemon pauses longer each time and spends no attempt, and the work lands in the end', async () => {
  await using here = await site();
  const hook = path.join(here.repository.origin, 'hooks/pre-receive');
  mkdirSync(path.dirname(hook), { recursive: true });
  writeFileSync(hook, '#!/bin/sh\nkill -9 $PPID\n', { mode: 0o755 });
  await here.task('one', 'echo w > w.txt');
  await using running = await useDaemon(here, {}, { originTries: 1, firstRetryAfterSeconds: 0, pause: { firstMs: 500, longestMs: 2_000 } });
  const { surroundings } = running.daemon.context;
  const paused = await until(
    () => surroundings.current,
    (pause) => (pause?.remainingMs ?? 0) > 1_000,
  );
  expect(paused?.why).toContain('origin could not be reached');
  rmSync(hook);
  const done = await here.until('one', ({ status }) => status === 'done');
  await running.drain();
  expect(done.attempts).toBe(1);
  expectOrder(here);
});
