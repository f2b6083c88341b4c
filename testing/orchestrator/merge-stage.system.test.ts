import { afterAll, beforeAll, expect, test } from 'vitest';
import { type TestServices, useServices } from '../harness/use-services.ts';
import { expectOrder } from './harness/expect-order.ts';
import { useDaemon, useSite } from './harness/use-daemon.ts';

let services: TestServices;
let sites = 0;
beforeAll(async () => {
  services = await useServices();
});
afterAll(() => services[Symbol.asyncDispose]());

const site = () => useSite(services, `merge-${++sites}`);
const builderOnly = { MERGE_ENABLED: 'false' };

test('a daemon that does not merge hands the branch over, and one that does lands it', async () => {
  await using here = await site();
  await here.task('one', 'echo x > x.txt');
  await using builder = await useDaemon(here, builderOnly);
  const built = await here.until('one', ({ stage }) => stage === 'merge');
  await builder.drain();
  expect(built).toMatchObject({ status: 'pending', branch: 'task/one', release_reason: 'completed', held: false });
  expect(built.commits).toEqual([here.repository.inOrigin('rev-parse', 'task/one').trim()]);
  expectOrder(here);
  await using merger = await useDaemon(here);
  await here.until('one', ({ status }) => status === 'done');
  await merger.drain();
  expect(here.starts()).toHaveLength(1);
  expect(here.repository.files()).toContain('x.txt');
  expect(here.repository.inOrigin('for-each-ref', 'refs/heads/task')).toBe('');
  expectOrder(here);
});

test('handed-over work that fails verification goes back to a builder with the end of the log', async () => {
  await using here = await site();
  await here.task('one', 'if [ -e a.txt ]; then grep -q "a file is BROKEN" "$PROMPT"; echo right > a.txt; else echo BROKEN > a.txt; fi');
  await using builder = await useDaemon(here, builderOnly);
  await here.until('one', ({ stage }) => stage === 'merge');
  await builder.drain();
  await using daemon = await useDaemon(here, {}, { firstRetryAfterSeconds: 0 });
  const done = await here.until('one', ({ status }) => status === 'done');
  await daemon.drain();
  expect(done.context_handoff).toContain('a file is BROKEN');
  expect(here.starts()).toHaveLength(2);
  expectOrder(here);
});

test('nothing is handed over when the agent changed nothing', async () => {
  await using here = await site();
  await here.task('one', 'true');
  await using builder = await useDaemon(here, builderOnly);
  const task = await here.until('one', ({ status, attempts }) => status === 'pending' && attempts > 0);
  await builder.drain();
  expect(task.stage).toBe('build');
  expect(task.notes).toContain('an empty diff is not done');
  expectOrder(here);
});
