import { useClaims } from '@dispatcher/testing/services/use-claims.ts';
import { expect, test } from 'vitest';

const some = (count: number) => Array.from({ length: count }, (_, i) => `t${String(i).padStart(2, '0')}`);

test('claims the requested number of tasks, best first, each with its own token and event', async () => {
  await using claims = await useClaims();
  for (const [i, id] of some(5).entries()) await claims.insertTask(id, { rank: i });
  const { data } = await claims.client('acme').claimNextTasks({ agent: 'a1', maxTasks: 3, leaseSeconds: 60 });
  expect(data.map(({ task }) => task?.id)).toEqual(['t04', 't03', 't02']);
  expect(new Set(data.map(({ claim }) => claim?.claimToken)).size).toBe(3);
  for (const { task, claim } of data) {
    expect(task).toMatchObject({ status: 'claimed', attempts: 1 });
    expect(claim).toMatchObject({ taskId: task?.id, agent: 'a1', attempt: 1, claimToken: expect.stringMatching(/^\S{24}$/) });
    expect(Number(claim?.expiresAt?.seconds) - Number(claim?.claimedAt?.seconds)).toBe(60);
    expect(await claims.events(task?.id ?? '')).toEqual(['task.claimed']);
    const { data: renewed } = await claims
      .client('acme')
      .heartbeatTask({ taskId: claim?.taskId ?? '', agent: 'x', claimToken: claim?.claimToken ?? '' });
    expect(renewed?.agent).toBe('a1');
  }
  const rest = await claims.client('acme').claimNextTasks({ agent: 'a1', maxTasks: 100 });
  expect(rest.data.map(({ task }) => task?.id)).toEqual(['t01', 't00']);
  expect((await claims.client('acme').claimNextTasks({ agent: 'a1', maxTasks: 1 })).data).toEqual([]);
});

test('claims only matching tasks of the caller’s organization', async () => {
  await using claims = await useClaims();
  for (const id of ['mine', 'also-mine']) await claims.insertTask(id, { owner: 'bill', project: 'web' });
  await claims.insertTask('other-project', { owner: 'bill', project: 'app' });
  await claims.insertTask('foreign', { owner: 'bill', project: 'web', organization_id: 'globex' });
  const { data } = await claims.client('acme').claimNextTasks({ agent: 'a1', maxTasks: 10, owner: 'bill', project: 'web' });
  expect(data.map(({ task }) => task?.id).sort()).toEqual(['also-mine', 'mine']);
  await expect(claims.client('acme').claimNextTasks({ agent: 'a1', maxTasks: 1, organizationId: 'globex' })).rejects.toMatchObject({
    reason: 'forbidden',
  });
  const { data: admins } = await claims.client('admin').claimNextTasks({ agent: 'a1', maxTasks: 10, owner: 'bill' });
  expect(admins).toHaveLength(1);
  expect((await claims.client('admin').claimNextTasks({ agent: 'a1', maxTasks: 10 })).data).toHaveLength(1);
});

test('simultaneous callers never get the same task, and together get all', async () => {
  await using claims = await useClaims();
  for (const id of some(30)) await claims.insertTask(id);
  const answers = await Promise.all(some(8).map((agent) => claims.client('acme').claimNextTasks({ agent, maxTasks: 5 })));
  const taken = answers.flatMap(({ data }) => data.map(({ task }) => task?.id));
  const rest = (await claims.client('acme').claimNextTasks({ agent: 'last', maxTasks: 100 })).data.map(({ task }) => task?.id);
  expect([...taken, ...rest].sort()).toEqual(some(30));
});

test('a repeat with the same idempotency key gets the same claims and tokens, and a different request gets a 422', async () => {
  await using claims = await useClaims();
  for (const id of some(20)) await claims.insertTask(id);
  const client = claims.client('acme', 'key');
  const request = { agent: 'a1', maxTasks: 12 };
  const answers = await Promise.all([1, 2, 3].map(() => client.claimNextTasks(request)));
  const tokens = answers.map(({ data }) => data.map(({ claim }) => claim?.claimToken));
  expect(tokens[0]).toHaveLength(12);
  expect(tokens[1]).toEqual(tokens[0]);
  expect(tokens[2]).toEqual(tokens[0]);
  await expect(client.claimNextTasks({ agent: 'a1', maxTasks: 11 })).rejects.toMatchObject({ reason: 'idempotency_key_reused' });
  await expect(client.claimNextTask({ agent: 'a1' })).rejects.toMatchObject({ reason: 'idempotency_key_reused' });
  expect((await claims.client('acme').claimNextTasks({ agent: 'a2', maxTasks: 100 })).data).toHaveLength(8);
});

test('an empty answer does not use up the idempotency key', async () => {
  await using claims = await useClaims();
  const client = claims.client('acme', 'key');
  expect((await client.claimNextTasks({ agent: 'a1', maxTasks: 2 })).data).toEqual([]);
  await claims.insertTask('late');
  expect((await client.claimNextTasks({ agent: 'a1', maxTasks: 2 })).data).toHaveLength(1);
});

test('the texts of the claimed tasks stay within 4 MiB, and the other tasks stay in the queue', async () => {
  await using claims = await useClaims();
  for (const id of some(100)) await claims.insertTask(id, { description: 'd'.repeat(65_536) });
  const { data } = await claims.client('acme').claimNextTasks({ agent: 'a1', maxTasks: 100 });
  expect(data.length).toBeGreaterThan(50);
  expect(data.length).toBeLessThan(66);
  const { data: rest } = await claims.client('acme').claimNextTasks({ agent: 'a1', maxTasks: 100 });
  expect(data.length + rest.length).toBe(100);
});

test('a request may ask for 1 to 100 tasks', async () => {
  await using claims = await useClaims();
  for (const maxTasks of [0, -1, 101]) {
    await expect(claims.client('acme').claimNextTasks({ agent: 'a1', maxTasks })).rejects.toMatchObject({ info: { field: 'max_tasks' } });
  }
});

test('of tasks with the same concurrency key only the first is claimed, and none while another of them is claimed', async () => {
  await using claims = await useClaims();
  for (const [i, id] of some(6).entries()) await claims.insertTask(id, { rank: -i, concurrency_key: i < 4 ? 'key' : null });
  const client = claims.client('acme', 'key');
  const ids = (await client.claimNextTasks({ agent: 'a1', maxTasks: 5 })).data.map(({ task }) => task?.id);
  expect(ids).toEqual(['t00', 't04']);
  expect((await client.claimNextTasks({ agent: 'a1', maxTasks: 5 })).data.map(({ task }) => task?.id)).toEqual(ids);
  const rest = await claims.client('acme').claimNextTasks({ agent: 'a1', maxTasks: 5 });
  expect(rest.data.map(({ task }) => task?.id)).toEqual(['t05']);
});
