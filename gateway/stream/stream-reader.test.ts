import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { useSocket } from '@dispatcher/testing/gateway/use-socket.ts';
import { expect, test } from 'vitest';
import { type EventFrame, framePieces } from './event-frame.ts';
import { StreamReader } from './stream-reader.ts';

/** A reader over a real connection whose client does not read. */
async function useStuckReader() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const client = await useSocket((server.address() as AddressInfo).port);
  client.socket.pause();
  client.write('GET / HTTP/1.1\r\nhost: x\r\n\r\n');
  const [, response] = (await once(server, 'request')) as [unknown, ServerResponse];
  const reader = new StreamReader(response, 'Bearer key', { organizationId: null, types: [] }, 0);
  return {
    reader,
    response,
    [Symbol.dispose]() {
      client[Symbol.dispose]();
      server.closeAllConnections();
      server.close();
    },
  };
}

const frames = (first: number, count: number, bytes: number): EventFrame[] =>
  Array.from({ length: count }, (_, i) => ({ position: first + i, organizationId: 'acme', type: 'task.created', bytes: Buffer.alloc(bytes, 'x') }));

test('what waits for a reader that does not read never exceeds 1 MiB', async () => {
  using stuck = await useStuckReader();
  const { reader, response } = stuck;
  let most = 0;
  for (let round = 0; round < 1000 && !response.destroyed; round++) {
    for (const piece of framePieces(frames(1 + round * 500, 500, 3000))) {
      reader.deliver(piece);
      most = Math.max(most, response.writableLength);
    }
  }
  expect(response.destroyed).toBe(true);
  expect(most).toBeGreaterThan(800 * 1024);
  expect(most).toBeLessThanOrEqual(1024 * 1024);
});

test('frames are cut into small pieces, in their order', () => {
  const all = frames(1, 500, 3000);
  const pieces = framePieces(all);
  expect(pieces.flat()).toEqual(all);
  for (const piece of pieces) expect(piece.reduce((sum, { bytes }) => sum + bytes.length, 0)).toBeLessThanOrEqual(128 * 1024);
});
