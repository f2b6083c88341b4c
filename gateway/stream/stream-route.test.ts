import { unavailable } from '@dispatcher/kit/serving/errors.ts';
import { useGateway } from '@dispatcher/testing/gateway/use-gateway.ts';
import { useStream } from '@dispatcher/testing/gateway/use-stream.ts';
import { within } from '@dispatcher/testing/harness/patience.ts';
import { StatsService } from '@recursiv/proto/gen/dispatcher/v1/stats_pb.ts';
import { describe, expect, test, vi } from 'vitest';
import type { GatewayOptions } from '../create-gateway.ts';
import { createEventLogService } from './event-log-service.ts';

const path = '/api/v1/dispatcher/stream';

async function setup(title?: string, options: Partial<GatewayOptions> = {}) {
  const log = createEventLogService(title);
  const gateway = await useGateway([log.routes], options);
  const open = (query = '', headers: Record<string, string> = {}) =>
    useStream(`${gateway.url}${path}${query}`, { authorization: `Bearer ${gateway.acmeKey}`, ...headers });
  return { log, gateway, open, [Symbol.asyncDispose]: () => gateway[Symbol.asyncDispose]() };
}

describe('an event stream', () => {
  test('begins with the next event, in the form of the contract', async () => {
    await using system = await setup();
    system.log.append('acme', 'acme');
    using stream = await system.open();
    expect(stream).toMatchObject({
      status: 200,
      headers: { 'content-type': 'text/event-stream', 'cache-control': 'no-cache', 'x-accel-buffering': 'no', 'x-request-id': expect.any(String) },
    });
    await stream.received(/^retry: \d+\n\n/);
    system.log.append('acme');
    const [event] = await stream.events(1);
    expect(event).toEqual({
      id: 3,
      event: 'task.created',
      data: {
        position: 3,
        type: 'task.created',
        organization_id: 'acme',
        task_id: 't3',
        occurred_at: expect.any(String),
        actor: null,
        attempt: 0,
        task: { id: 't3', title: '', status: '', stage: '', owner: null, layer: null, milestone: null, score: 0 },
      },
    });
  });

  test('sends each reader the events of its organization and of the types it asked for', async () => {
    await using system = await setup();
    const admin = { authorization: `Bearer ${system.gateway.adminKey}` };
    using acme = await system.open();
    using rival = await system.open('', { authorization: `Bearer ${system.gateway.rivalKey}` });
    using all = await system.open('', admin);
    using one = await system.open('?organization_id=rival', admin);
    using done = await system.open('?types=task.completed,task.archived', admin);
    system.log.append('acme', 'rival', 'acme', 'rival');
    await all.events(4);
    system.log.append('acme', 'rival');
    await Promise.all([acme.events(3), rival.events(3), all.events(6), one.events(3), done.events(3)]);
    expect([acme.ids, rival.ids, all.ids, one.ids, done.ids]).toEqual([
      [1, 3, 5],
      [2, 4, 6],
      [1, 2, 3, 4, 5, 6],
      [2, 4, 6],
      [2, 4, 6],
    ]);
  });

  test('resumes after the last event without a gap or a repeat, while events keep coming', async () => {
    await using system = await setup();
    const writing = setInterval(() => system.log.append('acme', 'rival', 'acme'), 1);
    try {
      let last = 0;
      for (let round = 0; round < 20; round++) {
        const headers: Record<string, string> = round === 0 ? {} : { 'last-event-id': String(last) };
        using stream = await system.open('?after=0', headers);
        await stream.events(50);
        const expected = Array.from({ length: stream.ids.length * 2 }, (_, i) => last + 1 + i).filter((id) => id % 3 !== 2);
        expect(stream.ids).toEqual(expected.slice(0, stream.ids.length));
        last = stream.ids.at(-1) ?? 0;
      }
    } finally {
      clearInterval(writing);
    }
  });

  test('shares one stream from the services among all readers', async () => {
    await using system = await setup();
    const streams = await Promise.all(Array.from({ length: 50 }, () => system.open()));
    await vi.waitFor(() => expect(system.log.open).toBe(1));
    system.log.append('acme', 'acme');
    for (const stream of streams) {
      await stream.events(2);
      expect(stream.ids).toEqual([1, 2]);
      stream[Symbol.dispose]();
    }
  });

  test('continues without a gap or a repeat after the services were away', async () => {
    await using system = await setup();
    using stream = await system.open();
    for (let round = 0; round < 3; round++) {
      system.log.append('acme', 'acme');
      system.log.breakStreams();
      system.log.append('acme');
      await stream.events((round + 1) * 3);
    }
    expect(stream.ids).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9]);
  });

  test.each([
    ['from the future', '9'],
    ['no longer kept', '1'],
  ])('from a position %s sends one reset, then the live events', async (_name, after) => {
    await using system = await setup();
    system.log.append('acme', 'acme', 'acme', 'acme');
    system.log.forget(3);
    using stream = await system.open(`?after=${after}`);
    const [reset] = await stream.events(1);
    expect(reset).toEqual({ id: 4, event: 'reset', data: { reason: 'not kept', position: 4 } });
    system.log.append('acme');
    await stream.events(2);
    expect(stream.ids).toEqual([4, 5]);
  });

  test('tells a quiet reader its position now and then, so that it can resume from there', async () => {
    await using system = await setup('', { keepAliveMs: 10 });
    using quiet = await system.open('?types=task.archived');
    using rival = await system.open('', { authorization: `Bearer ${system.gateway.rivalKey}` });
    system.log.append('acme', 'acme', 'rival');
    expect(await quiet.received(/^id: 3\n\n/m)).not.toContain('data:');
    await rival.received(/^event: task.created\n.*\n\n(:\n\n)*id: 3\n\n:\n\n:\n\n/m);
    expect([quiet.ids, rival.ids]).toEqual([[], [3]]);
    system.log.append('acme', 'acme');
    await quiet.received(/^id: 5\n\n/m);
  });

  test('tells every reader when events are lost', async () => {
    await using system = await setup();
    using stream = await system.open();
    system.log.append('acme');
    await stream.events(1);
    system.log.append('rival', 'rival', 'rival');
    system.log.breakStreams();
    system.log.forget(4);
    system.log.append('acme');
    const events = await stream.events(2);
    expect(events[1]?.event === 'reset' || events[1]?.id === 5).toBe(true);
  });
});

describe('a stream is refused', () => {
  test.each([
    ['', { authorization: 'Bearer sk_live_x' }, 401, undefined],
    ['?types=task.exploded', {}, 400, expect.stringMatching(/^types/)],
    ['?types=', {}, 400, expect.stringMatching(/^types/)],
    ['?after=x', {}, 400, 'after'],
    ['?after=-1', {}, 400, 'after'],
    ['?organization_id=rival', {}, 403, 'organization_id'],
    ['?nothing=1', {}, 400, 'nothing'],
    ['', { 'last-event-id': 'x' }, 400, 'Last-Event-ID'],
    ['', { 'last-event-id': '-1' }, 400, 'Last-Event-ID'],
  ])('%s %j: %d', async (query, headers, status, field) => {
    await using system = await setup();
    const url = `${system.gateway.url}${path}${query}`;
    const response = await fetch(url, { headers: { authorization: `Bearer ${system.gateway.acmeKey}`, ...headers } });
    const { error } = (await response.json()) as { error: { details?: { field: string } } };
    expect([response.status, error.details?.field]).toEqual([status, field]);
  });

  test('at once with a 503 while no events can be read', async () => {
    const watchEvents = () => {
      throw unavailable('The log does not answer.');
    };
    await using gateway = await useGateway([(router) => router.service(StatsService, { watchEvents })]);
    const response = await fetch(gateway.url + path, { headers: { authorization: `Bearer ${gateway.acmeKey}` } });
    expect([response.status, response.headers.get('retry-after')]).toEqual([503, '1']);
  });
});

describe('a stream ends', () => {
  test('within a second after its key is revoked, and other streams stay open', async () => {
    await using system = await setup();
    using revoked = await system.open();
    using other = await system.open('', { authorization: `Bearer ${system.gateway.rivalKey}` });
    system.gateway.revoke(system.gateway.acmeKey);
    await within(1_100, revoked.ended());
    system.log.append('rival');
    await other.events(1);
  });

  test('with a retry time when the gateway stops', async () => {
    const system = await setup();
    using stream = await system.open();
    const stopped = system.gateway[Symbol.asyncDispose]();
    expect(await stream.ended()).toMatch(/retry: \d{4}\n\nretry: \d{4}\n\n$/);
    await within(2_000, stopped);
    expect(system.log.open).toBe(0);
  });

  test('and frees its resources when its reader leaves', async () => {
    await using system = await setup();
    system.log.append('acme');
    for (let round = 0; round < 20; round++) {
      using stream = await system.open('?after=0');
      await stream.events(1);
    }
    await vi.waitFor(() => expect(system.log.open).toBe(1));
  });
});

test('a reader that does not read is cut off, and other readers do not notice', async () => {
  await using system = await setup('x'.repeat(500));
  using stuck = await system.open();
  using other = await system.open();
  stuck.pause();
  // More than the buffers of the sockets and the 1 MiB together.
  const rounds = 120;
  for (let round = 1; round <= rounds; round++) {
    system.log.append(...Array.from({ length: 500 }, () => 'acme'));
    await other.events(round * 500);
  }
  stuck.resume();
  await stuck.ended();
  expect(stuck.ids.length).toBeLessThan(rounds * 500);
  expect(stuck.ids).toEqual(other.ids.slice(0, stuck.ids.length));
});

test('readers that do not read their replay do not block other readers', async () => {
  await using system = await setup('x'.repeat(500));
  for (let round = 0; round < 100; round++) system.log.append(...Array.from({ length: 500 }, () => 'acme'));
  const stuck = await Promise.all(Array.from({ length: 8 }, () => system.open('?after=0')));
  for (const stream of stuck) stream.pause();
  using live = await system.open();
  using replayed = await system.open('?after=49999');
  await replayed.events(1);
  // The streams of these readers and the shared stream are all open.
  expect(system.log.open).toBeGreaterThanOrEqual(stuck.length + 1);
  system.log.append('acme');
  await live.events(1);
  for (const stream of stuck) stream[Symbol.dispose]();
});
