import { chmodSync, existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
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

/** What a story works with. */
interface Stage {
  readonly here: Site;
  readonly wire: Switch;
  /** A file that lets whatever waits for it go on. */
  readonly gate: string;
}

/** How a run is brought into a state and held there: what is put up before the task is there, and what is done until the state is reached. */
interface Story {
  readonly script?: (gate: string) => string;
  readonly prepare?: (stage: Stage) => Promise<AsyncDisposable | null>;
  readonly reach?: (stage: Stage) => Promise<AsyncDisposable | null>;
}

const work = 'echo work > work.txt; git add -A; git commit -q --allow-empty -m work; echo more > more.txt';
const untilOpen = (gate: string) => `while [ ! -e ${gate} ]; do sleep 0.02; done`;
const cloneLock = ({ here }: Stage) => tryLock(`${stateOf(here)}/clean.git.lock`);
const mergeLock = ({ here }: Stage) =>
  tryLock(path.join(here.env.XDG_STATE_HOME ?? '', `dispatcher/orchestrator/locks/merge-${shortHash(`${here.repository.origin}\nmain`)}.lock`));

/** Makes origin wait with a push until the gate is open, before it moves the branch or after. */
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

/** Cuts the way to the dispatcher, then lets what waits go on. */
const cutAndGoOn = (reached: (stage: Stage) => Promise<null>) => async (stage: Stage) => {
  await reached(stage);
  stage.wire.cut();
  writeFileSync(stage.gate, '');
  return null;
};

const stories: [string, RunState, Story][] = [
  ['before anything is done', 'claimed', { prepare: cloneLock }],
  ['while the agent works', 'building', { script: (gate) => `${work}; ${untilOpen(gate)}`, reach: working }],
  ['while it waits to merge', 'built', { prepare: mergeLock }],
  ['while it pushes and origin has not taken it', 'verified', { prepare: slowOrigin('pre-receive'), reach: pushing }],
  ['while it pushes and origin has taken it', 'verified', { prepare: slowOrigin('post-receive'), reach: pushing }],
  ['after the merge, before the dispatcher knows', 'landed', { prepare: slowOrigin('pre-receive'), reach: cutAndGoOn(pushing) }],
  ['before it could give the task back', 'releasing', { script: (gate) => `${work}; ${untilOpen(gate)}; exit 5`, reach: cutAndGoOn(working) }],
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

test.each(stories)('killed %s (%s), the next start leaves nothing behind, loses nothing and builds nothing twice', async (_, state, story) => {
  await using here = await site();
  await using wire = await useSwitch(services.url);
  const stage = { here, wire, gate: path.join(here.repository.folder, 'gate') };
  const env = { DISPATCHER_URL: `${wire.url}/api/v1/dispatcher` };
  await using daemon = await useDaemonProcess(here, env);
  const prepared = await story.prepare?.(stage);
  await here.task('one', (story.script ?? (() => work))(stage.gate));
  const reached = await story.reach?.(stage);
  await until(
    () => recordsOf(here)[0]?.state ?? 'none',
    (seen) => seen === state,
  );
  await daemon.kill();
  expect(recordsOf(here).map((record) => record.state)).toEqual([state]);

  writeFileSync(stage.gate, '');
  await prepared?.[Symbol.asyncDispose]();
  await reached?.[Symbol.asyncDispose]();
  wire.mend();
  rmSync(path.join(here.repository.origin, 'hooks'), { recursive: true, force: true });
  await using next = await useDaemonProcess(here, env);
  const isGivenBack = state === 'releasing';
  await here.until('one', ({ status, attempts }) => status === 'done' || (isGivenBack && status === 'pending' && attempts > 0));
  expect(await next.drain()).toBe(0);
  expect(here.repository.files(isGivenBack ? 'task/one' : 'main')).toEqual(expect.arrayContaining(['more.txt', 'work.txt']));
  expect(here.starts()).toHaveLength(state === 'building' ? 2 : 1);
  expect(here.repository.history()).toHaveLength(isGivenBack ? 1 : 2);
  expectOrder(here);
});

test('after a reboot that emptied the temp folder, the run goes on from the branch', async () => {
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

test('a worktree whose records are gone is taken over, and what was dirty in it is saved', async () => {
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

test('a claim whose answer the daemon did not live to write down is given back by the next start', async () => {
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
  expect(second.attempts).toBe(2);
  expectOrder(here);
});

test('killed ten times at any moment, with three agents at work: every task lands once', async () => {
  await using here = await site();
  const ids = Array.from({ length: 8 }, (_, index) => `t${index}`);
  for (const id of ids) await here.task(id, `sleep 0.3; echo ${id} > ${id}.txt`);
  const moments = Array.from({ length: 10 }, (_, index) => index * 130);
  let inTheMiddle = 0;
  for (const moment of moments) {
    await using daemon = await useDaemonProcess(here, { MAX_AGENTS: '3' });
    await delay(moment);
    await daemon.kill();
    inTheMiddle += recordsOf(here).length;
    await until(
      () => processesWith(`${here.repository.folder}/agents`),
      (pids) => pids.length === 0,
    );
  }
  await using last = await useDaemonProcess(here, { MAX_AGENTS: '3' });
  for (const id of ids) await here.until(id, ({ status }) => status === 'done');
  expect(await last.drain()).toBe(0);
  expect(inTheMiddle, 'runs that a kill interrupted').toBeGreaterThan(5);
  expect(here.repository.files()).toEqual(expect.arrayContaining(ids.map((id) => `${id}.txt`)));
  expect(here.repository.history()).toHaveLength(ids.length + 1);
  expect(readdirSync(here.repository.folder).filter((name) => name.startsWith('agents'))).toEqual([]);
  expectOrder(here);
});
