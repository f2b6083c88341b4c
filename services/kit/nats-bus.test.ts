import { freePort } from '@dispatcher/test/free-port.ts';
import { startNatsServer } from '@dispatcher/test/nats-server.ts';
import { useFolder } from '@dispatcher/test/use-folder.ts';
import { expect, test, vi } from 'vitest';
import { createLog } from './log.ts';
import { createNatsBus } from './nats-bus.ts';

const log = createLog('silent');

test('a bus that is closed takes messages and drops them, since a last commit may still want to be told', async () => {
  await using folder = await useFolder();
  await using server = await startNatsServer({ port: await freePort(), storeDir: folder.path });
  const bus = createNatsBus(server.url, log);
  await vi.waitFor(() => expect(bus.connected).toBe(true));
  await bus[Symbol.asyncDispose]();
  expect(bus.connected).toBe(false);
  expect(() => bus.publish('dispatcher.committed', new Uint8Array())).not.toThrow();
});

test('a bus closes at once also while its server is away', async () => {
  await using folder = await useFolder();
  const server = await startNatsServer({ port: await freePort(), storeDir: folder.path });
  const bus = createNatsBus(server.url, log);
  await vi.waitFor(() => expect(bus.connected).toBe(true));
  await server[Symbol.asyncDispose]();
  await vi.waitFor(() => expect(bus.connected).toBe(false));
  await bus[Symbol.asyncDispose]();
});

test('messages published after the server came back arrive at those who listened before', async () => {
  await using folder = await useFolder();
  const place = { port: await freePort(), storeDir: folder.path };
  const server = await startNatsServer(place);
  await using bus = createNatsBus(server.url, log);
  const got: string[] = [];
  bus.subscribe('some.>', (payload, subject) => void got.push(`${subject} ${Buffer.from(payload)}`));
  await vi.waitFor(() => expect(bus.connected).toBe(true));
  await server[Symbol.asyncDispose]();
  await vi.waitFor(() => expect(bus.connected).toBe(false));
  bus.publish('some.lost', Buffer.from('nobody hears this'));
  await using _again = await startNatsServer(place);
  await vi.waitFor(() => expect(bus.connected).toBe(true), { timeout: 5_000 });
  bus.publish('some.word', Buffer.from('hello'));
  await vi.waitFor(() => expect(got).toEqual(['some.word hello']), { timeout: 5_000 });
});

test('a message that a listener cannot take costs no other message', async () => {
  await using folder = await useFolder();
  await using server = await startNatsServer({ port: await freePort(), storeDir: folder.path });
  await using bus = createNatsBus(server.url, log);
  const got: string[] = [];
  bus.subscribe('some.>', (payload) => {
    if (payload.length === 0) throw new Error('not a message of ours');
    got.push(String(Buffer.from(payload)));
  });
  await vi.waitFor(() => expect(bus.connected).toBe(true));
  bus.publish('some.word', new Uint8Array());
  bus.publish('some.word', Buffer.from('hello'));
  await vi.waitFor(() => expect(got).toEqual(['hello']), { timeout: 5_000 });
});
