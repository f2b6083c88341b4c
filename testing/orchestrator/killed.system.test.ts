import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { shortHash } from '@dispatcher/orchestrator/daemon/state-folder.ts';
import { tryLock } from '@dispatcher/orchestrator/process/file-lock.ts';
import type { RunState } from '@dispatcher/orchestrator/run/decide.ts';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type TestServices, useServices } from '../harness/use-services.ts';
import { expectOrder } from './harness/expect-order.ts';
import { processesWith } from './harness/processes.ts';
import { type Site, until, useSite } from './harness/use-daemon.ts';
import { recordsOf, stateOf, useDaemonProcess } from './harness/use-daemon-process.ts';
import { type Switch, useSwitch } from './harness/use-switch.ts';

let services: TestServices;
let sites = 0;
beforeAll(async () => {
  services = await useServices();
});
afterAll(() => services[Symbol.asyncDispose]());

const site = () => useSite(services, `killed-${++sites}`);

/** The input of a case. */
interface Stage {
  readonly here: Site;
  readonly connection: Switch;
  /** Agents and pushes wait until this file exists. */
  readonly gate: string;
}

/** How a run is brought into a state and kept there. */
interface Case {
  /** What the agent does. */
  readonly script?: (gate: string) => string;
  /** Runs before the task is created. */
  readonly prepare?: (stage: Stage) => Promise<AsyncDisposable | null>;
  /** Runs until the run has reached its state. */
  readonly reach?: (stage: Stage) => Promise<AsyncDisposable | null>;
}

const work = 'echo work > work.txt; git add -A; git commit -q --allow-empty -m work; echo more > more.txt';
const untilOpen = (gate: string) => `while [ ! -e ${gate} ]; do sleep 0.02; done`;
const cloneLock = ({ here }: Stage) => tryLock(`${stateOf(here)}/clean.git.lock`);
const mergeLock = ({ here }: Stage) =>
  tryLock(path.join(here.env.XDG_STATE_HOME ?? '', `dispatcher/orchestrator/locks/merge-${shortHash(`${here.repository.origin}\nmain`)}.lock`));

/** Makes origin delay a push until the gate exists, before or after it moves the branch. */
const slowOrigin = (hook: 'pre-receive' | 'post-receive') => async (stage: Stage) => {
  const file = path.join(stage.here.repository.origin, 'hooks', hook);
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(file, `#!/bin/sh\ntouch ${stage.gate}.pushing\n${untilOpen(stage.gate)}\n`);
  chmodSync(file, 0o755);
  return null;
};

const pushing = async ({ gate }: Stage) => {
  await until(
    () => existsSync(`${gate}.pushing`),
    (isPushing) => isPushing,
  );
  return null;
};

const working = async ({ gate }: Stage) => {
  await until(
    () => processesWith(`-e ${gate} `).length,
    (count) => count > 0,
  );
  return null;
};

/** Cuts the connection to the dispatcher, then creates the gate. */
const cutAndContinue = (reached: (stage: Stage) => Promise<null>) => async (stage: Stage) => {
  await reached(stage);
  stage.connection.cut();
  writeFileSync(stage.gate, '');
  return null;
};

const cases: [string, RunState, Case][] = [
  ['before it has done anything', 'claimed', { prepare: cloneLock }],
  ['while the agent works', 'building', { script: (gate) => `${work}; ${untilOpen(gate)}`, reach: working }],
  ['while it waits to merge', 'built', { prepare: mergeLock }],
  ['while it pushes, before origin has moved the branch', 'verified', { prepare: slowOrigin('pre-receive'), reach: pushing }],
  ['while it pushes, after origin has moved the branch', 'verified', { prepare: slowOrigin('post-receive'), reach: pushing }],
  ['after the push, before the dispatcher knows', 'landed', { prepare: slowOrigin('pre-receive'), reach: cutAndContinue(pushing) }],
  ['before it has given the task back', 'releasing', { script: (gate) => `${work}; ${untilOpen(gate)}; exit 5`, reach: cutAndContinue(working) }],
  [
    'while it cleans up',
    'closed',
    {
      prepare: slowOrigin('pre-receive'),
      reach: async (stage) => {
        await pushing(stage);
        const lock = await cloneLock(stage);
        writeFileSync(stage.gate, '');
        return lock;
      },
    },
  ],
];

test.each(cases)(
  'after a daemon was killed %s (%s), the next start loses no work, builds nothing twice and leaves nothing behind',
  async (_, state, how) => {
    await using here = await site();
    await using connection = await useSwitch(services.url);
    const stage = { here, connection, gate: path.join(here.repository.folder, 'gate') };
    const env = { DISPATCHER_URL: `${connection.url}/api/v1/dispatcher` };
    await using daemon = await useDaemonProcess(here, env);
    const prepared = await how.prepare?.(stage);
    await here.task('one', (how.script ?? (() => work))(stage.gate));
    const reached = await how.reach?.(stage);
    await until(
      () => recordsOf(here)[0]?.state ?? 'none',
      (seen) => seen === state,
    );
    await daemon.kill();
    expect(recordsOf(here).map((record) => record.state)).toEqual([state]);

    writeFileSync(stage.gate, '');
    await prepared?.[Symbol.asyncDispose]();
    await reached?.[Symbol.asyncDispose]();
    connection.mend();
    rmSync(path.join(here.repository.origin, 'hooks'), { recursive: true, force: true });
    await using next = await useDaemonProcess(here, env);
    const isGivenBack = state === 'releasing';
    await here.until('one', ({ status, attempts }) => status === 'done' || (isGivenBack && status === 'pending' && attempts > 0));
    expect(await next.drain()).toBe(0);
    expect(here.repository.files(isGivenBack ? 'task/one' : 'main')).toEqual(expect.arrayContaining(['more.txt', 'work.txt']));
    expect(here.starts(), next.said()).toHaveLength(state === 'building' ? 2 : 1);
    expect(here.repository.history()).toHaveLength(isGivenBack ? 1 : 2);
    expectOrder(here);
  },
);

test('after an agent was killed in the middle of a commit, the next one can commit', async () => {
  await using here = await site();
  await using daemon = await useDaemonProcess(here);
  const gate = path.join(here.repository.folder, 'gate');
  await here.task('one', `${work}; ${untilOpen(gate)}`);
  await until(
    () => recordsOf(here)[0],
    (record) => record !== undefined && existsSync(path.join(record.worktree, 'more.txt')),
  );
  await daemon.kill();
  const worktree = recordsOf(here)[0]?.worktree ?? '';
  const gitDir = readFileSync(path.join(worktree, '.git'), 'utf8').slice('gitdir: '.length).trim();
  // The lock files that a killed git leaves: one of the index, one of HEAD, one of the branch, one of all branches.
  const commonDir = path.resolve(gitDir, '../..');
  for (const lock of [`${gitDir}/index.lock`, `${gitDir}/HEAD.lock`, `${commonDir}/refs/heads/task/one.lock`, `${commonDir}/packed-refs.lock`])
    writeFileSync(lock, '');
  writeFileSync(gate, '');
  await using next = await useDaemonProcess(here);
  await here.until('one', ({ status }) => status === 'done');
  expect(await next.drain()).toBe(0);
  expect(here.starts()).toHaveLength(2);
  expectOrder(here);
});

test('after a reboot that emptied the temp folder, the run continues from the branch', async () => {
  await using here = await site();
  await using daemon = await useDaemonProcess(here);
  const gate = path.join(here.repository.folder, 'gate');
  await here.task('one', `${work}; ${untilOpen(gate)}`);
  await until(
    () => processesWith(`-e ${gate} `).length,
    (count) => count > 0,
  );
  await daemon.kill();
  for (const name of here.repository.leftovers()) if (name.startsWith('agents')) rmSync(path.join(here.repository.folder, name), { recursive: true });
  writeFileSync(gate, '');
  await using next = await useDaemonProcess(here);
  await here.until('one', ({ status }) => status === 'done');
  await next.drain();
  expect(here.repository.files()).toEqual(expect.arrayContaining(['more.txt', 'work.txt']));
  expectOrder(here);
});

test('a worktree without a record is taken over, and uncommitted work in it is saved', async () => {
  await using here = await site();
  await using daemon = await useDaemonProcess(here);
  const gate = path.join(here.repository.folder, 'gate');
  await here.task('one', `if [ ! -e dirty.txt ]; then echo dirty > dirty.txt; ${untilOpen(gate)}; fi; echo end > end.txt`);
  await until(
    () => processesWith(`-e ${gate} `).length,
    (count) => count > 0,
  );
  await daemon.kill();
  rmSync(path.join(stateOf(here), 'runs'), { recursive: true });
  await using next = await useDaemonProcess(here);
  await here.until('one', ({ status }) => status === 'done');
  await next.drain();
  expect(here.repository.files()).toEqual(expect.arrayContaining(['dirty.txt', 'end.txt']));
  expectOrder(here);
});

test('the next start gives back a claim that the daemon made but did not write to disk before it died', async () => {
  await using here = await site();
  await using first = await useDaemonProcess(here);
  await here.task('one', work);
  const done = await here.until('one', ({ status }) => status === 'done');
  await first.drain();
  await here.task('two', 'echo two > two.txt');
  const agent = /by (\S+)\./.exec(done.notes ?? '')?.[1] ?? '';
  await here.dispatcher.claim('two', { agent });
  await using next = await useDaemonProcess(here);
  const second = await here.until('two', ({ status }) => status === 'done');
  await next.drain();
  expect(second.attempts).toBe(1);
  expectOrder(here);
});

test('a daemon with three agents is killed ten times, and every task lands once', async () => {
  await using here = await site();
  const ids = Array.from({ length: 8 }, (_, index) => `t${index}`);
  for (const id of ids) await here.task(id, `sleep 0.3; echo ${id} > ${id}.txt`);
  const moments = Array.from({ length: 10 }, (_, index) => index * 130);
  let interrupted = 0;
  for (const moment of moments) {
    await using daemon = await useDaemonProcess(here, { MAX_AGENTS: '3' });
    await delay(moment);
    await daemon.kill();
    interrupted += recordsOf(here).length;
    await until(
      () => processesWith(`${here.repository.folder}/agents`),
      (pids) => pids.length === 0,
    );
  }
  await using last = await useDaemonProcess(here, { MAX_AGENTS: '3' });
  for (const id of ids) await here.until(id, ({ status }) => status === 'done');
  expect(await last.drain()).toBe(0);
  expect(interrupted, 'runs that a kill interrupted').toBeGreaterThan(5);
  expect(here.repository.files()).toEqual(expect.arrayContaining(ids.map((id) => `${id}.txt`)));
  expect(here.repository.history()).toHaveLength(ids.length + 1);
  expect(readdirSync(here.repository.folder).filter((name) => name.startsWith('agents'))).toEqual([]);
  expectOrder(here);
});
