import { type TestServices, useServices } from '@dispatcher/testing/harness/use-services.ts';
import { Recursiv } from '@recursiv/sdk';
import { pino } from 'pino';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Lease } from './lease.ts';

let services: TestServices;
beforeAll(async () => {
  services = await useServices();
});
afterAll(() => services[Symbol.asyncDispose]());

test('a claim that was made again counts, although its token cannot be written to disk', async () => {
  const apiKey = await services.createKey('lease');
  const { dispatcher } = new Recursiv({ apiKey, baseUrl: `${services.url}/api/v1` });
  await dispatcher.create({ id: 'one', title: 'One' });
  const { claim } = (await dispatcher.claim('one', { agent: 'a-1' })).data;
  await using lease = new Lease({
    dispatcher: new Recursiv({ apiKey, baseUrl: `${services.url}/api/v1` }).dispatcher,
    taskId: 'one',
    organizationId: 'lease',
    agent: 'a-1',
    claimToken: claim.claim_token ?? '',
    leaseSeconds: 60,
    heartbeatMs: 60_000,
    log: pino({ level: 'silent' }),
    onNewToken: () => Promise.reject(new Error('ENOSPC: no space left on device')),
  });
  await dispatcher.release('one', {});
  expect(await lease.renew()).toBe('held');
  expect(await lease.renew()).toBe('held');
  expect((await dispatcher.get('one')).data).toMatchObject({ attempts: 2, claim: { agent: 'a-1' } });
});
