import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import path from 'node:path';
import { tryLock } from '@dispatcher/orchestrator/process/file-lock.ts';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type TestServices, useServices } from '../harness/use-services.ts';
import { expectOrder } from './harness/expect-order.ts';
import { type Site, until, useSite } from './harness/use-daemon.ts';
import { recordsOf } from './harness/use-daemon-process.ts';
import { useSwarm } from './harness/use-swarm.ts';

let services: TestServices;
beforeAll(async () => {
  services = await useServices();
});
afterAll(() => services[Symbol.asyncDispose]());

const limitMs = 240_000;

test('each of 30 tasks lands once, with three builders and two mergers, when one builder and one merger are killed', {
  timeout: limitMs,
}, async () => {
  await using here = await useSite(services, 'fleet');
  const ids = Array.from({ length: 30 }, (_, index) => `t${index + 1}`);
  for (const id of ids) await here.task(id, `sleep 0.2; echo ${id} > ${id}.txt`);
  await using swarm = useSwarm(here, { ORCH_SWARM_COUNT: '3', MERGE_ENABLED: 'false' });
  expect((await swarm.run(['start'])).code).toBe(0);
  await using mergers = await useMergers(here, 2);

  await untilDone(here, 3);
  const { members } = await until(
    () => swarm.status(),
    (seen) => seen.members.some(({ runs }) => runs.length > 0),
    limitMs,
  );
  const builder = members.find(({ runs }) => runs.length > 0);
  process.kill(builder?.pid ?? 0, 'SIGKILL');
  const merger = await until(
    () => mergers.busy(),
    (busy) => busy !== undefined,
    limitMs,
  );
  await merger?.kill();
  const again = await swarm.run(['start']);
  expect(again.out, 'the next start').toContain(`${builder?.member} has died (pid ${builder?.pid})`);
  expect((await swarm.run(['status'])).code).toBe(0);
  await mergers.start();

  await untilDone(here, ids.length);
  expect((await swarm.run(['stop'])).code).toBe(0);
  expect(await mergers.drain()).toEqual([0, 0]);
  const { repository } = here;
  const landed = repository.inOrigin('log', '--format=%(trailers:key=Dispatcher-Task,valueonly,separator=)', 'main').split('\n');
  expect(landed.filter((id) => id !== '').sort()).toEqual(ids.toSorted());
  expect(repository.files()).toEqual(expect.arrayContaining(ids.map((id) => `${id}.txt`)));
  expect(repository.inOrigin('for-each-ref', 'refs/heads/task'), 'branches on origin').toBe('');
  expect(repository.git('for-each-ref', 'refs/heads/task'), 'branches in the repository').toBe('');
  expect(await heldLocks(here), 'locks').toEqual([]);
  expectOrder(here);
});

async function untilDone(here: Site, count: number): Promise<void> {
  const doneTasks = async () => (await here.dispatcher.stats()).data.byStatus.done ?? 0;
  await until(doneTasks, (done) => done >= count, limitMs);
}

interface Merger {
  readonly name: string;
  kill(): Promise<void>;
  drain(): Promise<number | null>;
}

/** Starts each merger as its own process. */
async function useMergers(here: Site, count: number) {
  const running = new Set<Merger>();
  const start = async () => {
    const child = spawn(process.execPath, [path.join(import.meta.dirname, '../../orchestrator/merger.ts')], {
      env: { ...here.env },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const closed = once(child, 'close');
    const name = await new Promise<string>((resolve, reject) => {
      let said = '';
      child.stdout.on('data', (chunk: unknown) => {
        said += String(chunk);
        const found = /"member":"([^"]+)".*"msg":"ready"/.exec(said)?.[1];
        if (found !== undefined) resolve(found);
      });
      closed.then(() => reject(new Error(`The merger ended: ${said}`)), reject);
    });
    const end = async (signal: NodeJS.Signals) => {
      running.delete(merger);
      child.kill(signal);
      await closed;
      return child.exitCode;
    };
    const merger: Merger = { name, kill: async () => void (await end('SIGKILL')), drain: () => end('SIGTERM') };
    running.add(merger);
  };
  await Promise.all(Array.from({ length: count }, start));
  return {
    start,
    /** A merger that is working on a candidate. */
    busy: () => [...running].find(({ name }) => recordsOf(here).some(({ agent }) => agent.startsWith(`${name}-`))),
    drain: () => Promise.all([...running].map((merger) => merger.drain())),
    [Symbol.asyncDispose]: async () => void (await Promise.all([...running].map((merger) => merger.kill()))),
  };
}

/** The lock files that a process still holds. */
async function heldLocks(here: Site): Promise<string[]> {
  const state = here.env.XDG_STATE_HOME ?? '';
  const files = readdirSync(state, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.lock'));
  const held = files.map(async (name) => {
    await using lock = await tryLock(path.join(state, name));
    return lock === null ? [name] : [];
  });
  return (await Promise.all(held)).flat();
}
