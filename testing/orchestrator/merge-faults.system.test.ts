import { chmodSync, existsSync, mkdirSync, renameSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type TestServices, useServices } from '../harness/use-services.ts';
import { expectOrder } from './harness/expect-order.ts';
import { handOver } from './harness/hand-over.ts';
import { type Site, until, useMerger, useSite } from './harness/use-daemon.ts';

let services: TestServices;
let sites = 0;
beforeAll(async () => {
  services = await useServices();
});
afterAll(() => services[Symbol.asyncDispose]());

const site = () => useSite(services, `merge-faults-${++sites}`);
const untilDone = async (here: Site, ids: readonly string[]) => {
  for (const id of ids) await here.until(id, ({ status }) => status === 'done');
};

/** Waits until the batch is full. */
const full = (batch: number) => ({ ORCH_MERGE_BATCH: String(batch) });
const patient = { gatherMs: 2_000 };

const putHook = (here: Site, name: string, script: string) => {
  const hook = path.join(here.repository.origin, 'hooks', name);
  mkdirSync(path.dirname(hook), { recursive: true });
  writeFileSync(hook, `#!/bin/sh\n${script}\n`);
  chmodSync(hook, 0o755);
};

test('when origin refuses a batch because of one task, that task is held and the others land', async () => {
  await using here = await site();
  for (const id of ['t1', 't2', 't3', 't4']) await handOver(here, id, { [id === 't2' ? 'secret.txt' : `${id}.txt`]: id });
  putHook(here, 'update', '! git cat-file -e "$3:secret.txt" 2>/dev/null || { echo "a secret" >&2; exit 1; }');
  await using merger = await useMerger(here, full(4), patient);
  await untilDone(here, ['t1', 't3', 't4']);
  const held = await here.until('t2', (task) => task.held);
  await merger.drain();
  expect(held).toMatchObject({ stage: 'merge', release_reason: 'blocked', notes: expect.stringContaining('a secret') });
  expectOrder(here);
});

test('when a batch cannot be checked out because of one task, that task goes back and the others land', async () => {
  await using here = await site();
  const { git } = here.repository;
  for (const id of ['t1', 't2', 't3', 't4']) await handOver(here, id, { [`${id}.txt`]: id });
  const blob = git('rev-parse', 'origin/task/t2:t2.txt').trim();
  git('checkout', '-q', '--detach', 'origin/task/t2');
  git('update-index', '--add', '--cacheinfo', `100644,${blob},${'long'.repeat(100)}.txt`);
  git('-c', 'user.name=Agent', '-c', 'user.email=agent@localhost', 'commit', '-q', '-m', 'A name that no file can have');
  git('push', '-q', 'origin', 'HEAD:task/t2');
  git('checkout', '-q', '-f', 'main');
  await using merger = await useMerger(here, full(4), { ...patient, firstRetryAfterSeconds: 3_600 });
  await untilDone(here, ['t1', 't3', 't4']);
  const back = await here.until('t2', ({ status }) => status === 'pending');
  await merger.drain();
  expect(back).toMatchObject({ stage: 'merge', held: false, attempts: 2, notes: expect.stringContaining('integrate failed') });
  for (const id of ['t1', 't3', 't4']) expect((await here.dispatcher.get(id)).data.attempts).toBe(2);
  expectOrder(here);
});

test('when origin is down while a batch is verified, the batch lands once origin is back, and no attempt is spent', async () => {
  await using here = await site();
  const { origin, verifyCommand, folder } = here.repository;
  const once = path.join(folder, 'once');
  const ids = ['t1', 't2'];
  for (const id of ids) await handOver(here, id, { [`${id}.txt`]: id });
  const env = { ...full(2), ORCH_VERIFY_CMD: `${verifyCommand}; [ -e ${once} ] || { touch ${once}; mv ${origin} ${origin}.away; }` };
  await using merger = await useMerger(here, env, { ...patient, originTries: 1_000 });
  await until(
    () => existsSync(`${origin}.away`) && merger.daemon.context.status.runs.map(({ step }) => step),
    (steps) => steps !== false && steps.length > 0 && steps.every((step) => step === 'waiting for origin'),
  );
  renameSync(`${origin}.away`, origin);
  await untilDone(here, ids);
  await merger.drain();
  for (const id of ids) expect((await here.dispatcher.get(id)).data.attempts).toBe(2);
  expectOrder(here);
});

test('a push whose answer was lost counts as landed, even when somebody else has pushed on top of it', async () => {
  await using here = await site();
  const ids = ['t1', 't2'];
  for (const id of ids) await handOver(here, id, { [`${id}.txt`]: id });
  const person = 'GIT_AUTHOR_NAME=Person GIT_AUTHOR_EMAIL=p@localhost GIT_COMMITTER_NAME=Person GIT_COMMITTER_EMAIL=p@localhost';
  const next = `$(${person} git commit-tree -p main -m more 'main^{tree}')`;
  putHook(here, 'post-receive', `[ ! -e once ] || exit 0; touch once; git update-ref refs/heads/main "${next}"; kill -9 $PPID`);
  await using merger = await useMerger(here, full(2), patient);
  await untilDone(here, ids);
  await merger.drain();
  expect(here.repository.passed()).toHaveLength(1);
  expect(here.repository.inOrigin('for-each-ref', 'refs/heads/task')).toBe('');
  expectOrder(here);
});
