import { randomUUID } from 'node:crypto';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { createApiKey } from '@dispatcher/kit/api-key.ts';
import { expect, test } from 'vitest';
import { createRestClient } from './rest-client.ts';
import { type Acme, useAcme } from './use-acme.ts';

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

/** What is really in use, in MiB. */
function usedMib(): number {
  collectGarbage();
  collectGarbage();
  const { heapUsed, external } = process.memoryUsage();
  return (heapUsed + external) / 2 ** 20;
}

/** Requests of which each is new: nothing of what they bring may be remembered. */
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

test('bad input of any amount leaves the memory level', async () => {
  await using acme = await useAcme();
  await sendBadInput(acme, 300);
  const before = usedMib();
  await sendBadInput(acme, 1500);
  const grown = usedMib() - before;
  console.log(`1,500 bad requests, memory ${grown.toFixed(1)} MiB more than after the first 300`);
  expect(grown).toBeLessThan(10);
});
