import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type TestServices, useServices } from '../harness/use-services.ts';
import { expectOrder } from './harness/expect-order.ts';
import { processesWith } from './harness/processes.ts';
import { type Site, until, useSite } from './harness/use-daemon.ts';
import { stateOf, useDaemonProcess } from './harness/use-daemon-process.ts';

let services: TestServices;
let sites = 0;
beforeAll(async () => {
  services = await useServices();
});
afterAll(() => services[Symbol.asyncDispose]());

const fileCount = 300;
const site = () => {
  const files = Array.from({ length: fileCount }, (_, index) => [`many/${index % 50}/${index}.dat`, `${index}\n`]);
  return useSite(services, `task-repository-${++sites}`, Object.fromEntries(files));
};

const tasksOf = (here: Site) => readdirSync(path.join(stateOf(here), 'tasks'));

/** Puts the killer before git and rm on the PATH. */
function useKiller(here: Site) {
  const folder = path.join(here.repository.folder, 'killer');
  mkdirSync(folder);
  for (const name of ['git', 'rm']) symlinkSync(path.join(import.meta.dirname, 'harness/killer.sh'), path.join(folder, name));
  const file = (name: string) => path.join(folder, name);
  return {
    path: `${folder}:${here.env.PATH ?? ''}`,
    /** From now on, counts the commands and kills the daemon at this one. */
    arm: (at: number) => {
      rmSync(file('count'), { force: true });
      writeFileSync(file('at'), String(at));
    },
    disarm: () => rmSync(file('at'), { force: true }),
    kills: () => (existsSync(file('killed.log')) ? readFileSync(file('killed.log'), 'utf8').trim().split('\n') : []),
  };
}

const seed = Number(process.env.DISPATCHER_TEST_SEED ?? Date.now() % 1_000_000);

test(`a daemon that is killed before or after each git command in turn loses no object and leaves nothing behind (DISPATCHER_TEST_SEED=${seed})`, async () => {
  await using here = await site();
  const killer = useKiller(here);
  const setup = path.join(here.repository.folder, 'setup');
  const env = { PATH: killer.path, ORCH_SETUP_CMD: `[ -e ${setup} ] || { touch ${setup}; sleep 7239; }` };
  // After a kill, the agent may begin with everything it has committed before. It then has nothing to commit.
  await here.task('one', 'for n in $(seq 1 50); do echo $n > new-$n.txt; done; git add -A; git commit -q -m new || true; echo last > last.txt');
  const statusOf = async () => (await here.dispatcher.get('one')).data.status;
  const nobodyLeft = () =>
    until(
      () => processesWith(here.repository.folder),
      (pids) => pids.length === 0,
    );
  {
    await using first = await useDaemonProcess(here, env);
    await until(
      () => existsSync(setup),
      (isSetUp) => isSetUp,
    );
    await first.kill();
  }
  for (let at = 1 + (seed % 5); (await statusOf()) !== 'done'; at += 5) {
    await nobodyLeft();
    killer.disarm();
    const before = killer.kills().length;
    await using daemon = await useDaemonProcess(here, env);
    killer.arm(at);
    await until(
      async () => killer.kills().length > before || (await statusOf()) === 'done',
      (isOver) => isOver,
    );
    await daemon.kill();
  }
  killer.disarm();
  await nobodyLeft();
  await using last = await useDaemonProcess(here, env);
  expect(await last.drain()).toBe(0);
  expect(killer.kills().length, killer.kills().join('\n')).toBeGreaterThan(5);
  const files = here.repository.files();
  expect(files.filter((file) => file.startsWith('many/'))).toHaveLength(fileCount);
  expect(files).toEqual(expect.arrayContaining(['last.txt', 'new-1.txt', 'new-50.txt']));
  execFileSync('git', ['--git-dir', path.join(stateOf(here), 'clean.git'), 'fsck', '--connectivity-only'], { stdio: 'pipe' });
  expect(tasksOf(here)).toEqual([]);
  expectOrder(here);
});

test('a base that is rewritten during a task removes none of its commits, even when the clone is packed', async () => {
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
  // A second daemon reads the new base. It would pack the clone if no task were running.
  await using other = await useDaemonProcess(here);
  execFileSync('git', ['--git-dir', path.join(stateOf(here), 'clean.git'), 'reflog', 'expire', '--expire=now', '--all']);
  writeFileSync(gate, '');
  // Histories that have nothing in common cannot be merged, so the work stays on its branch.
  await here.until('one', ({ attempts, claim }) => attempts > 0 && claim === null);
  await Promise.all([daemon.drain(), other.drain()]);
  expect(here.repository.files('task/one')).toContain('log.txt');
});
