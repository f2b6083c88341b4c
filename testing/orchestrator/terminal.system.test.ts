import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type TestServices, useServices } from '../harness/use-services.ts';
import { expectOrder } from './harness/expect-order.ts';
import { until, useSite } from './harness/use-daemon.ts';
import { useTerminal } from './harness/use-terminal.ts';

let services: TestServices;
let sites = 0;
beforeAll(async () => {
  services = await useServices();
});
afterAll(() => services[Symbol.asyncDispose]());

const site = () => useSite(services, `terminal-${++sites}`);
const ctrlC = '\u0003';

/** On Ctrl-C the terminal signals all processes, and npm sends SIGINT to its child process a second time. */
const command = 'npm run -s orchestrator';

test('one Ctrl-C lets the agent finish, and the output says that a second one releases its task', async () => {
  await using here = await site();
  const gate = path.join(here.repository.folder, 'gate');
  await here.task('one', `while [ ! -e ${gate} ]; do sleep 0.05; done; echo x > x.txt`);
  await using terminal = useTerminal(command, here.env);
  await until(
    () => here.starts().length,
    (count) => count === 1,
  );
  expect(terminal.said()).toContain('pushes verified commits to main, and unfinished work to task/<id>, of');
  expect(terminal.said()).toContain('claims all tasks to build and to merge, from');
  terminal.press(ctrlC);
  await until(terminal.said, (said) => said.includes('finishing 1 task; press Ctrl-C again to give it back'));
  // This waits long enough for a second signal of the same keystroke to arrive.
  await delay(600);
  writeFileSync(gate, '');
  expect(await terminal.ended).toBe(0);
  expect((await here.dispatcher.get('one')).data).toMatchObject({ status: 'done', attempts: 1 });
  expectOrder(here);
});

test('a second Ctrl-C releases the task and keeps the work', async () => {
  await using here = await site();
  await here.task('one', 'echo part > part.txt; sleep 7239');
  await using terminal = useTerminal(command, here.env);
  await until(
    () => here.starts().length,
    (count) => count === 1,
  );
  terminal.press(ctrlC);
  await until(terminal.said, (said) => said.includes('press Ctrl-C again'));
  await delay(600);
  terminal.press(ctrlC);
  expect(await terminal.ended).toBe(0);
  expect((await here.dispatcher.get('one')).data).toMatchObject({ status: 'pending', release_reason: 'not_started', branch: 'task/one' });
  expectOrder(here);
});
