import { useDispatcher } from '@dispatcher/testing/harness/use-dispatcher.ts';
import { useMcp } from '@dispatcher/testing/sdk/use-mcp.ts';
import { Recursiv } from '@recursiv/sdk';
import { afterEach, expect, test, vi } from 'vitest';

afterEach(() => vi.useRealTimers());

test('a model that works for six minutes and sends no heartbeat keeps its claim and completes', async () => {
  await using dispatcher = await useDispatcher();
  const { url, api_key } = dispatcher.credentials;
  const connect = () => new Recursiv({ apiKey: api_key, baseUrl: `${url}/api/v1` }).dispatcher;
  const api = connect();
  await api.create({ id: 'long', title: 'takes six minutes' });
  const lastHeartbeat = async () => (await api.get('long')).data.claim?.last_heartbeat_at ?? expect.unreachable('the claim is gone');

  // The clock of the server runs ahead. The dispatcher's clock does not.
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
  await using mcp = await useMcp(connect());
  await mcp.call('claim_next_task', { agent: 'model-1' });
  for (let minutes = 0; minutes < 6; minutes += 2) {
    const before = await lastHeartbeat();
    await vi.advanceTimersByTimeAsync(120_000);
    await vi.waitFor(async () => expect(await lastHeartbeat()).not.toBe(before), { timeout: 20_000 });
  }
  vi.useRealTimers();
  const done = await mcp.call('complete_task', { task_id: 'long', notes: 'done' });
  expect(done.structuredContent).toMatchObject({ data: { status: 'done' } });
  expect((await api.get('long')).data.attempts).toBe(1);
});
