import { EventEmitter } from 'node:events';
import type { Socket } from 'node:net';
import { expect, test } from 'vitest';
import { createConnections } from './connections.ts';

class FakeSocket extends EventEmitter {
  readonly remoteAddress: string;
  destroyed = false;

  constructor(remoteAddress: string) {
    super();
    this.remoteAddress = remoteAddress;
  }

  destroy() {
    this.destroyed = true;
    this.emit('close');
  }
}

const socketFrom = (address: string) => new FakeSocket(address) as unknown as Socket;

test('at the total limit the connection that has been idle for longest is closed', () => {
  const connections = createConnections({ total: 3, perAddress: 10 });
  const [busy, first, second, next] = ['a', 'b', 'c', 'd'].map(socketFrom);
  for (const socket of [busy, first, second]) if (socket) connections.add(socket);
  if (busy) connections.begin(busy);
  if (next) connections.add(next);
  expect([busy, first, second, next].map((socket) => socket?.destroyed)).toEqual([false, true, false, false]);
  expect(connections.count).toBe(3);
});

test('an address at its limit loses its own oldest connection, and other addresses lose none', () => {
  const connections = createConnections({ total: 10, perAddress: 2 });
  const quiet = socketFrom('quiet');
  connections.add(quiet);
  const greedy = ['greedy', 'greedy', 'greedy', 'greedy'].map(socketFrom);
  for (const socket of greedy) connections.add(socket);
  expect(quiet.destroyed).toBe(false);
  expect(greedy.map(({ destroyed }) => destroyed)).toEqual([true, true, false, false]);
});

test('when every connection is busy, a new one is closed', () => {
  const connections = createConnections({ total: 2, perAddress: 10 });
  const busy = ['a', 'b'].map(socketFrom);
  for (const socket of busy) {
    connections.add(socket);
    connections.begin(socket);
  }
  const late = socketFrom('c');
  connections.add(late);
  expect([...busy, late].map(({ destroyed }) => destroyed)).toEqual([false, false, true]);
  const [first] = busy;
  if (first) connections.end(first);
  const next = socketFrom('d');
  connections.add(next);
  expect([first, next].map((socket) => socket?.destroyed)).toEqual([true, false]);
});
