import { expect, test } from 'vitest';
import { useGateway } from './use-gateway.ts';
import { useSocket } from './use-socket.ts';

test('a connection over which nothing was sent does not hold up the end of the gateway', async () => {
  const gateway = await useGateway([]);
  using silent = await useSocket(gateway.port);
  const before = performance.now();
  await gateway[Symbol.asyncDispose]();
  expect(await silent.ended()).toBe('');
  expect(performance.now() - before).toBeLessThan(2000);
});
