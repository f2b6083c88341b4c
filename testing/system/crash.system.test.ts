import { randomInt } from 'node:crypto';
import { join } from 'node:path';
import { processesOn } from '@dispatcher/local/postgres/left-over-postgres.ts';
import { expect, test, vi } from 'vitest';
import { descendantsOf } from '../harness/descendants-of.ts';
import { killProcesses } from '../harness/kill-processes.ts';
import { type TestDispatcher, useDispatcher } from '../harness/use-dispatcher.ts';
import { useFolder } from '../harness/use-folder.ts';
import { expectNothingLost, expectRepeatable } from './crash-check.ts';
import { type Act, type History, work } from './crash-worker.ts';
import { createRandom } from './harness/random.ts';
import { createRestClient } from './harness/rest-client.ts';

const rounds = 3;
const workerCount = 24;

/** Kills everything at once, as a power cut would: node, its child processes, and every process of its PostgreSQL. */
async function killAll({ main }: TestDispatcher, dataDir: string): Promise<void> {
  const { pid = 0 } = main.child;
  killProcesses([pid, ...(await descendantsOf(pid)), ...(await processesOn(join(dataDir, 'postgres')))]);
  await main.exited;
}

/** Lets the workers run until this many requests were answered, then kills everything. */
async function runUntilKilled(dispatcher: TestDispatcher, dataDir: string, history: History, random: () => number): Promise<void> {
  const { url, api_key: key } = dispatcher.credentials;
  const stop = new AbortController();
  const before = history.length;
  const agents = Array.from({ length: workerCount }, (_, i) => `agent-${before}-${i}`);
  const workers = agents.map((agent) => work({ url, key, agent, history, random, signal: stop.signal }).catch(() => undefined));
  const wanted = before + 100 + Math.floor(random() * 250);
  await vi.waitFor(() => expect(history.length).toBeGreaterThan(wanted), { timeout: 20_000, interval: 1 });
  await killAll(dispatcher, dataDir);
  stop.abort();
  await Promise.all(workers);
}

test('kill -9 of everything under load loses nothing that was answered, and no claim or token', async () => {
  const seed = randomInt(2 ** 31);
  console.log(`seed ${seed}`);
  const random = createRandom(seed);
  await using folder = await useFolder();
  const history: History = [];
  const cut = new Map<Act, number>();
  let acknowledged = 0;
  for (let round = 0; round < rounds; round++) {
    const before = history.length;
    {
      await using dispatcher = await useDispatcher({ dataDir: folder.path });
      await runUntilKilled(dispatcher, folder.path, history, random);
      const inFlight = history.slice(before).filter(({ answer }) => answer === undefined);
      expect(inFlight.length, 'the kill came while requests were in flight').toBeGreaterThan(0);
      for (const { act } of inFlight) cut.set(act, (cut.get(act) ?? 0) + 1);
    }
    await using restarted = await useDispatcher({ dataDir: folder.path });
    const rest = createRestClient(restarted.credentials.url, restarted.credentials.api_key);
    // After the last kill, the results of earlier rounds are checked again.
    const checked = round === rounds - 1 ? history : history.slice(before);
    acknowledged += await expectNothingLost(rest, checked);
    for (const sent of checked.filter(({ answer }) => answer === undefined)) await expectRepeatable(rest, sent);
  }
  console.log(`${rounds} kills, ${acknowledged} checks of acknowledged requests, cut off: ${JSON.stringify(Object.fromEntries(cut))}`);
  expect(acknowledged).toBeGreaterThan(rounds * 80);
});
