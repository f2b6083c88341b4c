import { once } from 'node:events';
import { within } from '@dispatcher/testing/harness/patience.ts';
import { useChannelClient, useChannelServer, useEndpointPool } from '@dispatcher/testing/services/use-channel.ts';
import { startTcpProxy } from '@dispatcher/testing/topology/tcp-proxy.ts';
import { Client, credentials, Metadata, status } from '@grpc/grpc-js';
import { expect, test, vi } from 'vitest';
import { DispatcherError } from '../serving/errors.ts';

const echo = (id: string) => `title of ${id}`;

/** A handler whose calls end when the test ends them. */
function heldCalls() {
  const calls = new Map<string, PromiseWithResolvers<string>>();
  const signals = new Map<string, AbortSignal>();
  return {
    handle: (id: string, signal: AbortSignal) => {
      const call = Promise.withResolvers<string>();
      calls.set(id, call);
      signals.set(id, signal);
      return call.promise;
    },
    count: () => calls.size,
    arrived: (id: string) => vi.waitFor(() => expect(calls.has(id)).toBe(true), { timeout: 5_000, interval: 2 }),
    finish: (id: string, answer: string) => calls.get(id)?.resolve(answer),
    signal: (id: string) => signals.get(id),
  };
}

test('many calls share a stream, and answers may come in any order', async () => {
  const held = heldCalls();
  await using server = await useChannelServer(held.handle);
  using client = useChannelClient(server.address);
  const [slow, fast] = [client.read('slow'), client.read('fast')];
  await held.arrived('fast');
  held.finish('fast', 'second');
  expect(await fast).toBe('second');
  held.finish('slow', 'first');
  expect(await slow).toBe('first');
  await using other = await useChannelServer(echo);
  using many = useChannelClient(other.address);
  const titles = await Promise.all(Array.from({ length: 500 }, (_, i) => many.read(`task-${i}`)));
  expect(titles).toEqual(Array.from({ length: 500 }, (_, i) => `title of task-${i}`));
});

test('a failure keeps its reason, message and details', async () => {
  await using server = await useChannelServer(() => {
    throw new DispatcherError('already_claimed', 'Somebody has it.', { agent: 'bill' });
  });
  using client = useChannelClient(server.address);
  await expect(client.read('one')).rejects.toMatchObject({ reason: 'already_claimed', rawMessage: 'Somebody has it.', info: { agent: 'bill' } });
});

test('when the stream breaks, calls that are safe to repeat are made again, and others are answered 503 at once', async () => {
  const held = heldCalls();
  const calls: string[] = [];
  await using server = await useChannelServer((id, signal) => {
    calls.push(id);
    return calls.filter((call) => call === id).length === 1 ? held.handle(id, signal) : `again ${id}`;
  });
  await using proxy = await startTcpProxy(server.address);
  using client = useChannelClient(`127.0.0.1:${proxy.port}`);
  const outcomes = Promise.allSettled([client.read('read'), client.write('keyed', 'key-1'), client.write('plain')]);
  for (const id of ['read', 'keyed', 'plain']) await held.arrived(id);
  proxy.cut();
  const [read, keyed, plain] = await outcomes;
  expect(read).toEqual({ status: 'fulfilled', value: 'again read' });
  expect(keyed).toEqual({ status: 'fulfilled', value: 'again keyed' });
  expect(plain).toMatchObject({ status: 'rejected', reason: { reason: 'unavailable', info: { retry_after_seconds: '1' } } });
  expect(calls.filter((id) => id === 'plain')).toHaveLength(1);
  await vi.waitFor(() => expect(held.signal('plain')?.aborted).toBe(true));
});

test('after a broken connection, calls succeed again at once', async () => {
  await using server = await useChannelServer(echo);
  await using proxy = await startTcpProxy(server.address);
  using client = useChannelClient(`127.0.0.1:${proxy.port}`);
  await client.write('warm');
  for (let round = 0; round < 5; round++) {
    proxy.cut();
    await within(900, client.read('one'));
  }
});

test('a server that stops answers its calls, and later calls go to another server; no call fails', async () => {
  const held = heldCalls();
  const leaving = await useChannelServer((id, signal) => (id.startsWith('early') ? held.handle(id, signal) : echo(id)));
  await using staying = await useChannelServer(echo);
  using client = useChannelClient(leaving.address, staying.address);
  const writes = Array.from({ length: 20 }, (_, i) => client.write(`early-${i}`));
  const early = Promise.all(writes);
  await vi.waitFor(() => expect(held.count()).toBeGreaterThan(5));
  const stopped = leaving[Symbol.asyncDispose]();
  const after = await Promise.all(Array.from({ length: 50 }, (_, i) => client.write(`after-${i}`)));
  expect(after).toEqual(Array.from({ length: 50 }, (_, i) => `title of after-${i}`));
  for (let i = 0; i < 20; i++) held.finish(`early-${i}`, `title of early-${i}`);
  expect(await early).toEqual(Array.from({ length: 20 }, (_, i) => `title of early-${i}`));
  await stopped;
});

test('calls go to the process of a service with the fewest calls in flight', async () => {
  const counts = [0, 0];
  const count = (index: number) => async (id: string) => {
    counts[index] = (counts[index] ?? 0) + 1;
    await new Promise((resolve) => setImmediate(resolve));
    return id;
  };
  await using one = await useChannelServer(count(0));
  await using two = await useChannelServer(count(1));
  using client = useChannelClient(one.address, two.address);
  await vi.waitFor(async () => {
    await Promise.all(Array.from({ length: 100 }, (_, i) => client.read(`${i}`)));
    expect(Math.min(...counts)).toBeGreaterThan(20);
  });
});

test('calls to a frozen process fail within seconds, and new calls go to other processes', async () => {
  await using standing = await useChannelServer(echo);
  await using proxy = await startTcpProxy(standing.address);
  await using other = await useChannelServer(echo);
  using client = useChannelClient(`127.0.0.1:${proxy.port}`, other.address);
  await vi.waitFor(async () => {
    await Promise.all([client.read('one'), client.read('two')]);
    expect(proxy.connections).toBeGreaterThan(0);
  });
  proxy.stall();
  const stuck = await within(6_000, Promise.allSettled(Array.from({ length: 8 }, (_, i) => client.write(`${i}`))));
  const failed = stuck.filter(({ status }) => status === 'rejected');
  expect(failed.length).toBeGreaterThan(0);
  expect(failed.length).toBeLessThan(8);
  await within(500, client.write('later'));
});

test('a caller who leaves is cancelled at the service', async () => {
  const held = heldCalls();
  await using server = await useChannelServer(held.handle);
  using client = useChannelClient(server.address);
  const leaving = new AbortController();
  const call = client.read('one', leaving.signal);
  await held.arrived('one');
  leaving.abort();
  await vi.waitFor(() => expect(held.signal('one')?.aborted).toBe(true));
  // The service can still report the result.
  held.finish('one', 'late');
  expect(await call).toBe('late');
});

test('a service that does not answer is given up after 10 s', async () => {
  const held = heldCalls();
  await using server = await useChannelServer(held.handle);
  using client = useChannelClient(server.address);
  await expect(within(10_500, client.write('one'))).rejects.toMatchObject({ reason: 'deadline_exceeded' });
  await vi.waitFor(() => expect(held.signal('one')?.aborted).toBe(true));
  held.finish('one', '');
});

test('a service that cannot be reached is answered 503 after a second', async () => {
  using client = useChannelClient('127.0.0.1:1');
  await expect(within(1_500, client.read('one'))).rejects.toMatchObject({ reason: 'unavailable', info: { retry_after_seconds: '1' } });
});

test('many large calls and answers at once do not break the stream', async () => {
  const large = 'x'.repeat(900_000);
  await using server = await useChannelServer((id) => (id.length > 100 ? 'short' : large));
  using client = useChannelClient(server.address);
  const answers = await Promise.all(Array.from({ length: 20 }, () => client.read('short')));
  expect(answers.every((answer) => answer === large)).toBe(true);
  const long = 'y'.repeat(250_000);
  expect(await Promise.all(Array.from({ length: 40 }, () => client.read(long)))).toEqual(Array.from({ length: 40 }, () => 'short'));
});

test('a call that is too large fails alone', async () => {
  const held = heldCalls();
  await using server = await useChannelServer((id, signal) => (id === 'held' ? held.handle(id, signal) : id));
  using client = useChannelClient(server.address);
  const other = client.write('held');
  await held.arrived('held');
  await expect(client.read('z'.repeat(2_000_000))).rejects.toMatchObject({ reason: 'body_too_large' });
  held.finish('held', 'unharmed');
  expect(await other).toBe('unharmed');
});

test('a stream without the admin key is refused, and no call on it begins', async () => {
  const held = heldCalls();
  await using server = await useChannelServer(held.handle);
  using stranger = useEndpointPool({ addresses: [server.address], adminKey: 'wrong' });
  await expect(stranger.read('one')).rejects.toMatchObject({ reason: 'unavailable' });
  expect(held.count()).toBe(0);
});

test('a stream without the admin key ends with UNAUTHENTICATED', async () => {
  await using server = await useChannelServer(echo);
  const client = new Client(server.address, credentials.createInsecure());
  for (const authorization of ['', 'Bearer wrong']) {
    const metadata = new Metadata();
    if (authorization !== '') metadata.set('authorization', authorization);
    const identity = (bytes: Buffer) => bytes;
    const stream = client.makeBidiStreamRequest('/dispatcher.hop.v1.HopService/Exchange', identity, identity, metadata);
    stream.resume();
    const [error] = await within(5_000, once(stream, 'error'));
    expect(error).toMatchObject({ code: status.UNAUTHENTICATED });
  }
  client.close();
});
