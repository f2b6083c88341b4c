import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { createApiKey } from '@dispatcher/kit/auth/api-key.ts';
import { expect, test } from 'vitest';
import { processesOf } from '../topology/topology.ts';
import { createRestClient } from './harness/rest-client.ts';
import { type Acme, useAcme } from './harness/use-acme.ts';

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

/** The memory in use, in MiB. With separate processes it is their resident memory, which includes garbage. */
async function usedMib({ services }: Acme): Promise<number> {
  if (services.topology) return sum(await Promise.all(processesOf(services.topology).map(({ pid }) => residentMib(pid))));
  collectGarbage();
  collectGarbage();
  const { heapUsed, external } = process.memoryUsage();
  return (heapUsed + external) / 2 ** 20;
}

const sum = (numbers: readonly number[]) => numbers.reduce((total, one) => total + one, 0);

async function residentMib(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]) / 1024;
}

/** Sends requests that differ each time, so any that the server remembers would use memory. */
async function sendBadInput({ rest, services }: Acme, count: number): Promise<void> {
  for (let i = 0; i < count; i += 6) {
    const unique = randomUUID();
    const stranger = createRestClient(services.url, createApiKey());
    await Promise.all([
      rest.create({ [unique]: 'x'.repeat(20_000) }),
      rest.create({ title: 'x'.repeat(100_000) + unique }),
      rest.call('POST', '/tasks', { body: `{"title":"${unique}${'x'.repeat(260 * 1024)}"}` }),
      rest.get(`${unique}-${'x'.repeat(1000)}`),
      rest.list(`?cursor=${unique}&${unique}=1`),
      stranger.list(),
    ]);
  }
}

/** Separate processes get a setting that makes them collect garbage early. */
const frugal = { NODE_OPTIONS: '--max-old-space-size=64 --max-semi-space-size=1' };

test('memory stays level under any amount of bad input', async () => {
  await using acme = await useAcme({ settings: frugal });
  await sendBadInput(acme, acme.services.topology ? 1500 : 300);
  const before = await usedMib(acme);
  await sendBadInput(acme, 1500);
  const grown = (await usedMib(acme)) - before;
  console.log(`1,500 bad requests, memory ${grown.toFixed(1)} MiB more than after those before`);
  // The limit is half of the bytes that the requests have sent.
  expect(grown).toBeLessThan(acme.services.topology ? 50 : 10);
});
