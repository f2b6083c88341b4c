import { type TestClaims, useClaims } from '@dispatcher/testing/services/use-claims.ts';
import { expect, test } from 'vitest';
import { heartbeatTasks } from './heartbeat-tasks.ts';
import type { ClaimItem } from './held-items.ts';

async function claimed(claims: TestClaims, taskId: string): Promise<ClaimItem> {
  await claims.insertTask(taskId);
  const { data } = await claims.client('acme').claimTask({ taskId, agent: 'ann' });
  return { organizationId: 'acme', taskId, claimToken: data?.claim?.claimToken ?? '', agent: 'ann' };
}

test('a batch renews each live claim once, and a late heartbeat does not revive its claim', async () => {
  await using claims = await useClaims();
  const [one, late, two] = [await claimed(claims, 't2'), await claimed(claims, 't3'), await claimed(claims, 't1')];
  await claims.database.pool.query(`UPDATE tasks SET expires_at = clock_timestamp() - interval '1 second' WHERE id = 't3'`);
  const before = await claims.column('t2', 'expires_at');
  const items = [one, late, { ...two, claimToken: null }, { ...two, agent: 'bob', claimToken: null }, one, { ...two, organizationId: 'globex' }];
  const rows = await heartbeatTasks(claims.database.pool, items);
  expect(rows.map((row) => row?.id ?? null)).toEqual(['t2', null, 't1', null, null, null]);
  expect(rows[0]?.expiresAt?.getTime()).toBeGreaterThan((before as Date).getTime());
  expect(rows[0]?.expiresAt).toEqual(await claims.column('t2', 'expires_at'));
});

test('simultaneous heartbeats, a completion and a release of one claim leave one state and one event', async () => {
  await using claims = await useClaims();
  for (let i = 0; i < 10; i++) {
    const { taskId, claimToken } = await claimed(claims, `t${i}`);
    const claim = { taskId, claimToken: claimToken ?? '', agent: 'ann' };
    const client = claims.client('acme');
    const answers = await Promise.allSettled([
      client.heartbeatTask(claim),
      client.completeTask(claim),
      client.releaseTask(claim),
      client.heartbeatTask(claim),
    ]);
    const ends = (await claims.events(taskId)).slice(1);
    expect(ends).toHaveLength(1);
    expect(answers[1]?.status === 'fulfilled').toBe(ends[0] === 'task.completed');
    expect(answers[2]?.status === 'fulfilled').toBe(ends[0] === 'task.released');
  }
});
