import type { ServerResponse } from 'node:http';
import { answerError, answerJson, claimOf, type Play, type Received, type TestServer, useServer } from '@dispatcher/testing/sdk/use-server.ts';
import { expect, test, vi } from 'vitest';
import { sleep } from '../call/backoff.ts';
import { holdClaim } from './hold.ts';

const agent = 'agent-1';
const token = { claim_token: 'token-1' };

/** Claims succeed with the given lease. `plays` answers the other calls by name: heartbeat, done, release. */
function useLease(lease: number, plays: Readonly<Record<string, Play>> = {}): Promise<TestServer> {
  return useServer((response, received, index) => {
    const name = nameOf(received);
    if (name === 'claim-next' || name === 'claim')
      return answerJson(response, 200, { data: { task: { id: 't' }, claim: claimOf('t', lease, token) } });
    const play = plays[name];
    if (play) return play(response, received, index);
    answerJson(response, 200, { data: name === 'heartbeat' ? claimOf('t', lease) : { id: 't' } });
  });
}

function nameOf({ url }: Received): string {
  return url.replace('/api/v1/dispatcher/', '').replace('tasks/', '').replace('/t', '');
}

function namesOf(server: TestServer): string[] {
  return server.received.map(nameOf);
}

function refused(code: string): (response: ServerResponse) => void {
  return (response) => answerError(response, 409, code);
}

test('a held claim is renewed until it is completed, and is not released after that', async () => {
  await using server = await useLease(3_000);
  {
    await using held = await server.client().dispatcher.hold({ agent });
    await vi.waitFor(() => expect(namesOf(server).filter((name) => name === 'heartbeat').length).toBeGreaterThan(2), { timeout: 5_000 });
    expect(held?.signal.aborted).toBe(false);
    await held?.complete({ notes: 'done' });
  }
  expect(namesOf(server).at(-1)).toBe('done');
  expect(server.received.at(-1)?.body).toEqual({ agent, claim_token: 'token-1', organization_id: 'acme', notes: 'done' });
  expect(server.received.filter((one) => nameOf(one) === 'heartbeat').every(({ body }) => body?.claim_token === 'token-1')).toBe(true);
});

test('a held claim that is neither completed nor released is released when its block ends, also by an error', async () => {
  await using server = await useLease(60_000);
  const work = async () => {
    await using held = await server.client().dispatcher.hold({ id: 't', agent, lease_seconds: 60 });
    expect(held?.task.id).toBe('t');
    throw new Error('the work failed');
  };
  await expect(work()).rejects.toThrow('the work failed');
  expect(namesOf(server)).toEqual(['claim', 'release']);
  expect(server.received[0]?.body).toEqual({ agent, lease_seconds: 60 });
});

test('without a task the answer is null, which `await using` accepts', async () => {
  await using server = await useServer((response) => answerJson(response, 200, { data: null }));
  await using held = await server.client().dispatcher.hold({ agent, owner: 'bill' });
  expect(held).toBeNull();
  expect(server.received[0]?.body).toEqual({ agent, owner: 'bill' });
});

test.each(['claim_lost', 'not_claimed', 'already_done', 'archived'])(
  'a heartbeat refused with %s aborts the signal at once, and nothing is released',
  async (code) => {
    await using server = await useLease(3_000, { heartbeat: refused(code) });
    {
      await using held = await server.client().dispatcher.hold({ agent });
      await vi.waitFor(() => expect(held?.signal.aborted).toBe(true), { timeout: 5_000 });
      expect(held?.signal.reason).toMatchObject({ code });
    }
    expect(namesOf(server)).toEqual(['claim-next', 'heartbeat']);
  },
);

test('a claim survives a dispatcher that is away for less than the lease', async () => {
  let beats = 0;
  await using server = await useLease(3_000, {
    heartbeat: (response) => {
      beats += 1;
      if (beats <= 3) response.destroy();
      else answerJson(response, 200, { data: claimOf('t', 60_000) });
    },
  });
  await using held = await server.client().dispatcher.hold({ agent });
  await vi.waitFor(() => expect(beats).toBe(4), { timeout: 5_000 });
  expect(held?.signal.aborted).toBe(false);
});

test('without an accepted heartbeat the signal is aborted when the lease is over', async () => {
  await using server = await useLease(300, { heartbeat: (response) => answerError(response, 503, 'unavailable') });
  const start = performance.now();
  await using held = await server.client().dispatcher.hold({ agent });
  await vi.waitFor(() => expect(held?.signal.aborted).toBe(true));
  expect(held?.signal.reason).toMatchObject({ code: 'timeout' });
  expect(performance.now() - start).toBeGreaterThanOrEqual(299);
});

test('the lease is the difference of the server’s times, so a clock that is wrong by a day changes nothing', async () => {
  const shift = (time: unknown) => new Date(Date.parse(String(time)) - 86_400_000).toISOString();
  const claim = claimOf('t', 60_000, token);
  const yesterday = {
    ...claim,
    claimed_at: shift(claim.claimed_at),
    last_heartbeat_at: shift(claim.last_heartbeat_at),
    expires_at: shift(claim.expires_at),
  };
  await using server = await useServer((response) => answerJson(response, 200, { data: { task: { id: 't' }, claim: yesterday } }));
  await using held = await server.client().dispatcher.hold({ agent });
  expect(held?.signal.aborted).toBe(false);
  expect(namesOf(server)).toEqual(['claim-next']);
});

test('a lease that is longer than a timer can hold is not lost at once', async () => {
  await using server = await useLease(2 ** 40);
  await using held = await server.client().dispatcher.hold({ agent });
  await sleep(100, undefined);
  expect(held?.signal.aborted).toBe(false);
  expect(namesOf(server)).toEqual(['claim-next']);
});

test('a claim whose answer came late is renewed before anybody works on it', async () => {
  const lease = 1_500;
  await using server = await useServer((response, received) => {
    if (nameOf(received) !== 'claim-next') return answerError(response, 409, 'claim_lost');
    setTimeout(() => answerJson(response, 200, { data: { task: { id: 't' }, claim: claimOf('t', lease, token) } }), 600);
  });
  await expect(server.client().dispatcher.hold({ agent })).rejects.toMatchObject({ code: 'claim_lost' });
  expect(namesOf(server)).toEqual(['claim-next', 'heartbeat']);
});

test('after a temporary failure of complete the claim is still held; a complete that comes too late says that it is lost', async () => {
  let codes = ['unavailable', 'claim_lost'];
  await using server = await useLease(60_000, {
    done: (response) => {
      const [code = ''] = codes;
      codes = codes.slice(1);
      answerError(response, code === 'unavailable' ? 503 : 409, code);
    },
  });
  await using held = await server.client({ maxRetries: 0 }).dispatcher.hold({ agent });
  await expect(held?.complete()).rejects.toMatchObject({ code: 'unavailable' });
  expect(held?.signal.aborted).toBe(false);
  await expect(held?.complete()).rejects.toMatchObject({ code: 'claim_lost' });
  expect(held?.signal.aborted).toBe(true);
});

test('a heartbeat that crosses a successful complete does not abort the signal', async () => {
  let finish = () => {};
  await using server = await useLease(3_000, {
    done: (response) => {
      finish = () => answerJson(response, 200, { data: { id: 't', status: 'done' } });
    },
    heartbeat: (response) => {
      answerError(response, 409, 'already_done');
      finish();
    },
  });
  await using held = await server.client().dispatcher.hold({ agent });
  expect(await held?.complete()).toMatchObject({ data: { status: 'done' } });
  expect(held?.signal.aborted).toBe(false);
});

test('a claim that arrives after its caller gave up is given back, and counts no attempt', async () => {
  const giveUp = new AbortController();
  const released: unknown[] = [];
  const calls = {
    claimNext: async () => {
      giveUp.abort(new Error('no longer wanted'));
      return { data: { task: { id: 't' }, claim: claimOf('t', 60_000) } };
    },
    release: async (id: string, input: object) => ({ data: released.push({ id, ...input }) }),
  };
  await expect(holdClaim(calls as never, { agent: 'ann' }, { signal: giveUp.signal })).rejects.toThrow('no longer wanted');
  expect(released).toEqual([expect.objectContaining({ id: 't', release_reason: 'not_started' })]);
});
