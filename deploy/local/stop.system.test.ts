import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { killProcesses } from '@dispatcher/testing/harness/kill-processes.ts';
import { startMain } from '@dispatcher/testing/harness/start-main.ts';
import { type TestDispatcher, useDispatcher } from '@dispatcher/testing/harness/use-dispatcher.ts';
import { useFolder } from '@dispatcher/testing/harness/use-folder.ts';
import { expect, test, vi } from 'vitest';
import { processesOn } from './postgres/left-over-postgres.ts';

const clusterOf = (dataDir: string) => join(dataDir, 'postgres');

const postmasterPid = async (cluster: string): Promise<number> => Number.parseInt(await readFile(join(cluster, 'postmaster.pid'), 'utf8'), 10);

const patiently = { timeout: 30_000, interval: 10 };

test.each(['SIGTERM', 'SIGINT'] as const)('%s ends Dispatcher with 0 and leaves no process', async (signal) => {
  await using folder = await useFolder();
  await using dispatcher = await useDispatcher({ dataDir: folder.path });
  dispatcher.main.child.kill(signal);
  expect(await dispatcher.main.exited).toBe(0);
  expect(await processesOn(clusterOf(folder.path))).toEqual([]);
});

test.each([500, 1_500, 3_000])('SIGTERM %i ms after the beginning of the first start leaves no process and causes no error', async (ms) => {
  await using folder = await useFolder();
  await using main = startMain({ DISPATCHER_DATA_DIR: folder.path });
  await sleep(ms);
  main.child.kill('SIGTERM');
  const code = await main.exited;
  // Null: it did not listen for signals yet.
  expect([0, null], main.output()).toContain(code);
  expect(await processesOn(clusterOf(folder.path)).catch(() => [])).toEqual([]);
  await using next = await useDispatcher({ dataDir: folder.path });
  expect((await fetch(`${next.credentials.url}/readyz`)).status).toBe(200);
});

interface Moment {
  readonly dispatcher: TestDispatcher;
  readonly cluster: string;
  /** The first process of PostgreSQL. */
  readonly postmaster: number;
}

/** Kills the first process. Its helpers end by themselves soon. */
const kill = async ({ postmaster }: Moment) => killProcesses([postmaster]);
const stopAll = (pids: readonly number[]) => pids.forEach((pid) => void process.kill(pid, 'SIGSTOP'));
const helpersOf = async ({ cluster, postmaster }: Moment) => (await processesOn(cluster)).filter((pid) => pid !== postmaster);

/** The state of PostgreSQL when the signal comes. */
const moments: Record<string, (moment: Moment) => Promise<unknown>> = {
  'PostgreSQL was just killed': kill,
  'PostgreSQL was killed and that was noticed': async (moment) => {
    await kill(moment);
    await vi.waitFor(() => expect(moment.dispatcher.main.output()).toContain('PostgreSQL ended by itself'), patiently);
  },
  'PostgreSQL was killed and starts again': async (moment) => {
    await kill(moment);
    await vi.waitFor(async () => expect(await postmasterPid(moment.cluster)).not.toBe(moment.postmaster), patiently);
  },
  'PostgreSQL was killed and serves again': async (moment) => {
    await kill(moment);
    const answers = async () => (await fetch(`${moment.dispatcher.credentials.url}/readyz`)).ok;
    await vi.waitFor(async () => expect(await answers()).toBe(true), patiently);
  },
  'the first process of PostgreSQL hangs': async ({ postmaster }) => stopAll([postmaster]),
  'all of PostgreSQL hangs': async ({ cluster }) => stopAll(await processesOn(cluster)),
  'PostgreSQL was killed and its helpers hang': async (moment) => {
    stopAll(await helpersOf(moment));
    await kill(moment);
  },
};

test.each(Object.entries(moments))('SIGTERM when %s ends Dispatcher with 0 in time, and leaves no process', async (_what, happen) => {
  await using folder = await useFolder();
  await using dispatcher = await useDispatcher({ dataDir: folder.path });
  const cluster = clusterOf(folder.path);
  const happening = happen({ dispatcher, cluster, postmaster: await postmasterPid(cluster) });
  // It reads and streams while PostgreSQL disappears.
  const calls = ['/stream?after=0', '/tasks', '/stats'].map((path) =>
    fetch(`${dispatcher.credentials.url}/api/v1/dispatcher${path}`, { headers: { authorization: `Bearer ${dispatcher.credentials.api_key}` } })
      .then((response) => response.text())
      .catch(() => undefined),
  );
  await happening;
  dispatcher.main.child.kill('SIGTERM');
  const code = await dispatcher.main.exited;
  expect(code, dispatcher.main.output()).toBe(0);
  expect(dispatcher.main.output()).not.toContain('something still runs');
  await Promise.all(calls);
  expect(await processesOn(cluster)).toEqual([]);
});
