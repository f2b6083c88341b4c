import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type TestServices, useServices } from '../harness/use-services.ts';
import { expectOrder } from './harness/expect-order.ts';
import { processesWith } from './harness/processes.ts';
import { type Site, until, useSite } from './harness/use-daemon.ts';
import { recordsOf, stateOf, useDaemonProcess } from './harness/use-daemon-process.ts';

let services: TestServices;
let sites = 0;
beforeAll(async () => {
  services = await useServices();
});
afterAll(() => services[Symbol.asyncDispose]());

/** Enough files that checking them out, reading them and deleting them take a while. */
const fileCount = 3_000;
const site = () => {
  const files = Array.from({ length: fileCount }, (_, index) => [`many/${index % 50}/${index}.dat`, `${index}\n`]);
  return useSite(services, `task-repository-${++sites}`, Object.fromEntries(files));
};

const tasksOf = (here: Site) => readdirSync(path.join(stateOf(here), 'tasks')).map((name) => path.join(stateOf(here), 'tasks', name));

/** Each step of a task's repository, by what can be seen of it. */
const steps: [string, (here: Site, gate: string) => boolean][] = [
  ['while the repository is made', (here) => tasksOf(here).length > 0],
  ['while the worktree is checked out', (here) => tasksOf(here).some((task) => existsSync(path.join(task, 'repository.git/worktrees')))],
  ['before the worktree counts as whole', (here) => tasksOf(here).some((task) => existsSync(path.join(task, 'index')))],
  ['while set-up runs', (_, gate) => processesWith(`${gate}.setup`).length > 0],
  ['before the baseline is known', (here) => tasksOf(here).some((task) => existsSync(path.join(task, 'index.lock')))],
  ['while the agent works', (_, gate) => processesWith(`${gate}.agent`).length > 0],
  ['while its work is read', (here, gate) => existsSync(`${gate}.done`) && tasksOf(here).some((task) => existsSync(path.join(task, 'index.lock')))],
  ['while it is removed', (here) => recordsOf(here).some(({ state }) => state === 'closed')],
];

test.each(steps)('killed %s, the next start loses no object and leaves nothing', async (_, isReached) => {
  await using here = await site();
  const gate = path.join(here.repository.folder, 'gate');
  const env = { ORCH_SETUP_CMD: `sh -c 'sleep 0.2 # ${gate}.setup'` };
  // After a kill the agent may begin with all that it has committed before, and has nothing to commit then.
  const script = `for n in $(seq 1 50); do echo $n > new-$n.txt; done; git add -A; git commit -q -m new || true; echo last > last.txt; sh -c 'sleep 0.2 # ${gate}.agent'; touch ${gate}.done`;
  await using daemon = await useDaemonProcess(here, env);
  await here.task('one', script);
  // A step that is over too soon to be seen is one that no kill can hit here; the task is done then.
  await until(
    async () => isReached(here, gate) || (await here.dispatcher.get('one')).data.status === 'done',
    (isReady) => isReady,
  );
  await daemon.kill();
  await until(
    () => processesWith(here.repository.folder),
    (pids) => pids.length === 0,
  );
  writeFileSync(gate, '');
  await using next = await useDaemonProcess(here, env);
  await here.until('one', ({ status }) => status === 'done');
  expect(await next.drain()).toBe(0);
  const files = here.repository.files();
  expect(files.filter((file) => file.startsWith('many/'))).toHaveLength(fileCount);
  expect(files).toEqual(expect.arrayContaining(['last.txt', 'new-1.txt', 'new-50.txt']));
  execFileSync('git', ['--git-dir', path.join(stateOf(here), 'clean.git'), 'fsck', '--connectivity-only'], { stdio: 'pipe' });
  expect(tasksOf(here)).toEqual([]);
  expectOrder(here);
});

test('a base that is rewritten while a task is at work takes nothing from it, also when the clone is packed', async () => {
  await using here = await site();
  const gate = path.join(here.repository.folder, 'gate');
  await using daemon = await useDaemonProcess(here);
  await here.task('one', `while [ ! -e ${gate} ]; do sleep 0.02; done; git fsck --connectivity-only && git log -1 --format=%s > log.txt`);
  await until(
    () => here.starts().length,
    (count) => count > 0,
  );
  const { git } = here.repository;
  git('checkout', '-q', '--orphan', 'fresh');
  git('-c', 'user.name=Person', '-c', 'user.email=person@localhost', 'commit', '-q', '-m', 'Rewritten');
  git('push', '-q', '--force', 'origin', 'fresh:main');
  // A second daemon reads the new base and would pack the clone, were no task at work.
  await using other = await useDaemonProcess(here);
  execFileSync('git', ['--git-dir', path.join(stateOf(here), 'clean.git'), 'reflog', 'expire', '--expire=now', '--all']);
  writeFileSync(gate, '');
  // Nobody can merge histories that have nothing in common, so the work stays on its branch.
  await here.until('one', ({ attempts, claim }) => attempts > 0 && claim === null);
  await Promise.all([daemon.drain(), other.drain()]);
  expect(here.repository.files('task/one')).toContain('log.txt');
});
