import { spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type TestServices, useServices } from '../harness/use-services.ts';
import { until, useSite } from './harness/use-daemon.ts';

let services: TestServices;
beforeAll(async () => {
  services = await useServices();
});
afterAll(() => services[Symbol.asyncDispose]());

function start(env: Readonly<Record<string, string>>) {
  const child = spawn(process.execPath, [path.join(import.meta.dirname, '../../orchestrator/main.ts')], {
    env: { ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const said = { out: '', err: '' };
  child.stdout.on('data', (chunk: unknown) => {
    said.out += String(chunk);
  });
  child.stderr.on('data', (chunk: unknown) => {
    said.err += String(chunk);
  });
  const ended: Promise<number | null> = once(child, 'close').then(() => child.exitCode);
  return { child, said, ended };
}

test('the command runs until a signal, and logs each step as a JSON line with its task', async () => {
  await using here = await useSite(services, 'main-runs');
  await here.task('one', 'echo x > x.txt');
  const { child, said, ended } = start(here.env);
  await here.until('one', ({ status }) => status === 'done');
  child.kill('SIGTERM');
  expect(await ended).toBe(0);
  const lines = said.out
    .trim()
    .split('\n')
    .map((line): Record<string, unknown> => JSON.parse(line));
  expect(lines.filter(({ step }) => step === 'verify')).toEqual([
    expect.objectContaining({ task: 'one', agent: expect.stringMatching(/^auto-.*-\d+-1$/) }),
  ]);
  expect(said.out).not.toContain(here.env.DISPATCHER_API_KEY);
});

test('what is missing is printed without a stack trace, and the exit code is 1', async () => {
  await using here = await useSite(services, 'main-refuses');
  const { said, ended } = start({ ...here.env, CLAUDE_CMD: 'no-such-agent' });
  expect(await ended).toBe(1);
  await until(
    () => said.err,
    (text) => text !== '',
  );
  expect(said.err).toMatch(/^The orchestrator cannot start:\n {2}The agent command "no-such-agent" is not on the PATH.*\n$/);
});

test('a second signal ends the command during a verification, and the work is kept', async () => {
  await using here = await useSite(services, 'main-stops');
  await here.task('one', 'echo x > x.txt');
  const { child, said, ended } = start({ ...here.env, ORCH_VERIFY_CMD: 'sleep 7236' });
  await until(
    () => said.out,
    (text) => text.includes('"step":"verify"'),
  );
  child.kill('SIGINT');
  await until(
    () => said.out,
    (text) => text.includes('a second signal'),
  );
  // Two signals within half a second would count as one press of Ctrl-C.
  await delay(600);
  child.kill('SIGINT');
  expect(await ended).toBe(0);
  expect((await here.dispatcher.get('one')).data).toMatchObject({ status: 'pending', release_reason: 'not_started', branch: 'task/one' });
});
