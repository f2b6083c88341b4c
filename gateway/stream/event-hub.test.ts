import { createLog } from '@dispatcher/kit/telemetry/log.ts';
import { expect, test } from 'vitest';
import { createEventHub } from './event-hub.ts';

test('a hub that has been disposed starts no stream', async () => {
  let calls = 0;
  const transport = {
    unary: () => Promise.reject(new Error('not called')),
    stream: () => {
      calls += 1;
      return Promise.reject(new Error('not available'));
    },
  };
  const hub = createEventHub({ transport, adminKey: 'k'.repeat(32), log: createLog('silent') });
  await hub[Symbol.asyncDispose]();
  await expect(hub.live()).rejects.toThrow('This server is stopping. Connect again.');
  expect(calls).toBe(0);
});
