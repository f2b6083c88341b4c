import type { ServerResponse } from 'node:http';
import { answerError, useServer } from '@dispatcher/testing/sdk/use-server.ts';
import { expect, test, vi } from 'vitest';
import { sleep } from '../call/backoff.ts';
import type { StreamItem } from './stream.ts';

function open(response: ServerResponse, text = 'retry: 1\n\n'): ServerResponse {
  response.writeHead(200, { 'content-type': 'text/event-stream' }).write(text);
  return response;
}

function event(position: number, type = 'task.created'): string {
  return `id: ${position}\nevent: ${type}\ndata: {"position":${position},"type":"${type}","task_id":"t"}\n\n`;
}

async function take(stream: AsyncIterable<StreamItem>, count: number): Promise<StreamItem[]> {
  const items: StreamItem[] = [];
  for await (const item of stream) if (items.push(item) === count) break;
  return items;
}

test('a stream resumes after the last event that it yielded, over ended and broken connections', async () => {
  await using server = await useServer((response, _, index) => {
    if (index === 0) open(response, `retry: 1\n\n${event(7)}${event(8)}`).end();
    else if (index === 1) open(response, event(9)).write('id: 10\nevent: task.claimed\ndata: {"pos', () => response.destroy());
    else open(response, event(10));
  });
  const items = await take(server.client().dispatcher.stream({ types: ['task.created'] }), 4);
  expect(items.map(({ position }) => position)).toEqual([7, 8, 9, 10]);
  expect(server.received.map(({ url, headers }) => [url, headers['last-event-id']])).toEqual([
    ['/api/v1/dispatcher/stream?types=task.created', undefined],
    ['/api/v1/dispatcher/stream?types=task.created', '8'],
    ['/api/v1/dispatcher/stream?types=task.created', '9'],
  ]);
});

test('a stream may begin after a given event, and keeps that place until an event comes', async () => {
  await using server = await useServer((response, _, index) => (index === 0 ? open(response).end() : open(response, event(42))));
  await take(server.client().dispatcher.stream({ after: 41 }), 1);
  expect(server.received.map(({ url, headers }) => [url, headers['last-event-id']])).toEqual([
    ['/api/v1/dispatcher/stream', '41'],
    ['/api/v1/dispatcher/stream', '41'],
  ]);
});

test('a stream that breaks before its first event resumes where it was opened', async () => {
  await using server = await useServer((response, _, index) => {
    response.setHeader('x-last-event-id', '99');
    if (index === 0) open(response).end();
    else open(response, event(100));
  });
  await take(server.client().dispatcher.stream(), 1);
  expect(server.received[1]?.headers['last-event-id']).toBe('99');
});

test('a position without an event also moves the place of the stream', async () => {
  await using server = await useServer((response, _, index) =>
    index === 0 ? open(response, 'retry: 1\nid: 99\n\n').end() : open(response, event(100)),
  );
  await take(server.client().dispatcher.stream(), 1);
  expect(server.received[1]?.headers['last-event-id']).toBe('99');
});

test('a reset is an item of its own, and the stream goes on after its position', async () => {
  const reset = 'event: reset\ndata: {"reason":"too old","position":500}\n\n';
  await using server = await useServer((response, _, index) =>
    index === 0 ? open(response, `retry: 1\n\n${reset}`).end() : open(response, event(501)),
  );
  const items = await take(server.client().dispatcher.stream({}, { lastEventId: 3 }), 2);
  expect(items[0]).toEqual({ type: 'reset', reason: 'too old', position: 500 });
  expect(server.received[1]?.headers['last-event-id']).toBe('500');
});

test('a stream waits for a server that is away or overloaded', async () => {
  await using server = await useServer((response, _, index) => {
    if (index === 0) response.destroy();
    else if (index < 3) answerError(response, index === 1 ? 503 : 500, 'unavailable');
    else open(response, event(1));
  });
  expect(await take(server.client().dispatcher.stream(), 1)).toHaveLength(1);
  expect(server.received).toHaveLength(4);
});

test.each([
  ['Retry-After', (response: ServerResponse) => answerError(response, 503, 'unavailable', { 'retry-after': '9999999' })],
  ['retry', (response: ServerResponse) => open(response, 'retry: 4294967296\n\n').end()],
])('a server that asks by %s for a longer pause than a timer can hold is not flooded with requests', async (_, play) => {
  await using server = await useServer(play);
  const controller = new AbortController();
  const items = take(server.client().dispatcher.stream({}, { signal: controller.signal }), 1);
  await vi.waitFor(() => expect(server.received).toHaveLength(1));
  await sleep(300, undefined);
  controller.abort();
  await items;
  expect(server.received).toHaveLength(1);
});

test('a stream reconnects when a connection is silent for too long', async () => {
  await using server = await useServer((response, _, index) => open(response, index === 0 ? 'retry: 1\n\n' : event(1)));
  expect(await take(server.client().dispatcher.stream({}, { idleTimeout: 500 }), 1)).toHaveLength(1);
  expect(server.received).toHaveLength(2);
});

test('comments keep a connection alive, and a slow reader does not end it', async () => {
  const idleTimeout = 1_000;
  await using server = await useServer((response) => {
    let comments = 0;
    open(response, event(1));
    const timer = setInterval(() => response.write(++comments < 15 ? ':\n\n' : event(2)), idleTimeout / 10);
    response.on('close', () => clearInterval(timer));
  });
  const stream = server.client().dispatcher.stream({}, { idleTimeout });
  await stream.next();
  expect((await stream.next()).value).toMatchObject({ position: 2 });
  await stream.return();
  expect(server.received).toHaveLength(1);
});

test.each([400, 401, 403, 404])('a %i ends the stream with its error', async (status) => {
  await using server = await useServer((response) => answerError(response, status, 'refused'));
  await expect(take(server.client().dispatcher.stream(), 1)).rejects.toMatchObject({ status, code: 'refused' });
});

test('the caller’s signal ends the stream without an error, connected or not', async () => {
  await using server = await useServer((response, { url }) =>
    url.includes('types') ? open(response) : answerError(response, 503, 'unavailable', { 'retry-after': '60' }),
  );
  for (const types of [[], ['task.created']]) {
    const controller = new AbortController();
    const before = server.received.length;
    const items = take(server.client().dispatcher.stream({ types }, { signal: controller.signal }), 1);
    await vi.waitFor(() => expect(server.received.length).toBeGreaterThan(before));
    controller.abort();
    expect(await items).toEqual([]);
  }
});

test('a reader that stops closes its connection', async () => {
  let isClosed = false;
  await using server = await useServer((response) => {
    response.on('close', () => {
      isClosed = true;
    });
    open(response, event(1));
  });
  await take(server.client().dispatcher.stream(), 1);
  await vi.waitFor(() => expect(isClosed).toBe(true));
});

test('events of types that this version does not know are skipped', async () => {
  await using server = await useServer((response) => open(response, `${event(1, 'fleet.paused')}${event(2)}`));
  expect(await take(server.client().dispatcher.stream(), 1)).toMatchObject([{ position: 2 }]);
});
