import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type TestServices, useServices } from '../harness/use-services.ts';
import { expectOrder } from './harness/expect-order.ts';
import { useDaemon, useSite } from './harness/use-daemon.ts';

let services: TestServices;
beforeAll(async () => {
  services = await useServices();
});
afterAll(() => services[Symbol.asyncDispose]());

/** A replacement for Claude Code is first on the PATH, and no setting says which agent to run. */
const env = (here: { env: Record<string, string> }) => ({
  CLAUDE_CMD: '',
  CLAUDE_ARGS: '',
  PATH: `${path.join(import.meta.dirname, 'harness')}:${here.env.PATH ?? ''}`,
});

test('Claude Code runs with the default command line, and the figures from its output stream are in the notes', async () => {
  await using here = await useSite(services, 'claude-works');
  await here.task('one', 'echo hello > hello.txt');
  await using running = await useDaemon(here, { ...env(here), CLAUDE_MODEL: 'sonnet' });
  const done = await here.until('one', ({ status, attempts, claim }) => status === 'done' || (attempts > 0 && claim === null));
  await running.drain();
  expect(done.notes).toContain('Used 1512 input and 77 output tokens in 3 turns, 0.0421 USD.');
  expect(done.status).toBe('done');
  expectOrder(here);
});

test('a used-up quota pauses the daemon, which keeps its claim; when the daemon stops, it releases the claim', async () => {
  await using here = await useSite(services, 'claude-quota');
  await here.task('one', 'quota');
  const running = await useDaemon(here, env(here), { pause: { firstMs: 600_000, longestMs: 600_000 } });
  await here.until('one', () => running.daemon.context.pause.current !== null);
  expect(running.daemon.context.pause.current?.why).toContain("You've hit your usage limit");
  expect((await here.dispatcher.get('one')).data).toMatchObject({ status: 'claimed', attempts: 1 });
  await running[Symbol.asyncDispose]();
  expect((await here.dispatcher.get('one')).data.release_reason).toBe('not_started');
  expectOrder(here);
});
