import { type TestClaims, useClaims } from '@dispatcher/testing/services/use-claims.ts';
import { describe, expect, it } from 'vitest';

/** Two tasks with the same key, ahead of one without a key. */
async function useTwins(): Promise<TestClaims> {
  const claims = await useClaims();
  const tasks = claims.tasks('acme');
  await tasks.createTask({ id: 'one', title: 'One', concurrencyKey: 'deploy', rev: 3 });
  await tasks.createTask({ id: 'two', title: 'Two', concurrencyKey: 'deploy', rev: 2 });
  await tasks.createTask({ id: 'other', title: 'Other', rev: 1 });
  return claims;
}

const agent = 'ann';

describe('tasks with the same concurrency key', () => {
  it('claim-next hands out one at a time, and the next when its claim has ended', async () => {
    await using claims = await useTwins();
    const client = claims.client('acme');
    const next = async () => (await client.claimNextTask({ agent })).data?.task?.id;
    expect([await next(), await next(), await next()]).toEqual(['one', 'other', undefined]);
    await client.releaseTask({ taskId: 'one', releaseReason: 'blocked' });
    expect(await next()).toBe('two');
  });

  it('a claim of another one by its id is refused and names the holder, and succeeds once the lease is over', async () => {
    await using claims = await useTwins();
    const client = claims.client('acme');
    await client.claimTask({ taskId: 'one', agent });
    const refused = client.claimTask({ taskId: 'two', agent: 'bob' });
    await expect(refused).rejects.toMatchObject({ reason: 'concurrency_limit', info: { concurrency_key: 'deploy', task_id: 'one', agent } });
    await claims.passLeases();
    const { data } = await client.claimTask({ taskId: 'two', agent: 'bob' });
    expect(data?.task?.concurrencyKey).toBe('deploy');
    expect(await claims.events('one')).toEqual(['task.created', 'task.claimed', 'task.expired']);
  });

  it('the same task can be claimed again by its id when its lease is over', async () => {
    await using claims = await useTwins();
    const client = claims.client('acme');
    await client.claimTask({ taskId: 'one', agent });
    await claims.passLeases();
    expect((await client.claimTask({ taskId: 'one', agent: 'bob' })).data?.claim?.agent).toBe('bob');
  });

  it('tasks of another organization do not count', async () => {
    await using claims = await useTwins();
    await claims.tasks('globex').createTask({ id: 'theirs', title: 'Theirs', concurrencyKey: 'deploy' });
    await claims.client('acme').claimTask({ taskId: 'one', agent });
    expect((await claims.client('globex').claimNextTask({ agent })).data?.task?.id).toBe('theirs');
  });

  it('a claimed task cannot take the key of another', async () => {
    await using claims = await useTwins();
    const client = claims.client('acme');
    await client.claimTask({ taskId: 'one', agent });
    await client.claimTask({ taskId: 'other', agent: 'bob' });
    const refused = claims.tasks('acme').updateTask({ taskId: 'other', concurrencyKey: 'deploy' });
    await expect(refused).rejects.toMatchObject({ reason: 'concurrency_limit', info: { task_id: 'one', agent } });
  });

  it('simultaneous callers get one task of each key, and no error', async () => {
    await using claims = await useClaims();
    const tasks = claims.tasks('acme');
    for (let i = 0; i < 24; i++) await tasks.createTask({ id: `t${i}`, title: 'T', concurrencyKey: `key-${i % 4}` });
    const client = claims.client('acme');
    const got = await Promise.all(Array.from({ length: 16 }, () => client.claimNextTask({ agent })));
    const keys = got.flatMap(({ data }) => data?.task?.concurrencyKey ?? []);
    expect(keys.sort()).toEqual(['key-0', 'key-1', 'key-2', 'key-3']);
  });

  it('a waiting caller gets the next task when the first claim has ended', async () => {
    await using claims = await useTwins();
    const client = claims.client('acme');
    await client.claimTask({ taskId: 'one', agent });
    await client.claimTask({ taskId: 'other', agent });
    await client.completeTask({ taskId: 'one' });
    expect((await client.claimNextTask({ agent, waitSeconds: 5 })).data?.task?.id).toBe('two');
  });
});
