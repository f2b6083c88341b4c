import { type TestClaims, useClaims } from '@dispatcher/testing/services/use-claims.ts';
import { describe, expect, it } from 'vitest';

/** A, then B which waits for A, then C which waits for both. */
async function useChain(): Promise<TestClaims> {
  const claims = await useClaims();
  const tasks = claims.tasks('acme');
  await tasks.createTask({ id: 'a', title: 'A' });
  await tasks.createTask({ id: 'b', title: 'B', dependsOn: ['a'], rev: 9 });
  await tasks.createTask({ id: 'c', title: 'C', dependsOn: ['b', 'a'], rev: 10 });
  return claims;
}

const agent = 'ann';

describe('a task that waits for others', () => {
  it('is not returned by claim-next until the last of them is done, and can be claimed once that done is answered', async () => {
    await using claims = await useChain();
    const client = claims.client('acme');
    const next = async () => (await client.claimNextTask({ agent })).data?.task?.id;
    expect(await next()).toBe('a');
    expect(await next()).toBeUndefined();
    await client.completeTask({ taskId: 'a' });
    expect(await next()).toBe('b');
    expect(await next()).toBeUndefined();
    await client.completeTask({ taskId: 'b' });
    expect(await next()).toBe('c');
    expect(await claims.events('b')).toEqual(['task.created', 'task.unblocked', 'task.claimed', 'task.completed']);
    expect(await claims.events('c')).toEqual(['task.created', 'task.unblocked', 'task.claimed']);
  });

  it('cannot be claimed by its id, with an error that names what blocks it, until that is archived', async () => {
    await using claims = await useChain();
    const client = claims.client('acme');
    await expect(client.claimTask({ taskId: 'c', agent })).rejects.toMatchObject({ reason: 'blocked', info: { blocked_by: 'b,a' } });
    await client.archiveTask({ taskId: 'a' });
    await expect(client.claimTask({ taskId: 'c', agent })).rejects.toMatchObject({ reason: 'blocked', info: { blocked_by: 'b' } });
    await client.archiveTask({ taskId: 'b' });
    const { data } = await client.claimTask({ taskId: 'c', agent });
    expect(data?.task).toMatchObject({ dependsOn: ['b', 'a'], blockedBy: [] });
  });

  it('wakes a waiting claim-next', async () => {
    await using claims = await useChain();
    const client = claims.client('acme');
    await client.claimTask({ taskId: 'a', agent });
    const waiting = client.claimNextTask({ agent, waitSeconds: 20 });
    await client.completeTask({ taskId: 'a' });
    expect((await waiting).data?.task?.id).toBe('b');
  });

  it('stays claimed when it is given new dependencies, and waits for them after its release', async () => {
    await using claims = await useChain();
    const client = claims.client('acme');
    const tasks = claims.tasks('acme');
    await tasks.createTask({ id: 'free', title: 'Free' });
    await client.claimTask({ taskId: 'free', agent });
    const { data } = await tasks.updateTask({ taskId: 'free', dependsOn: ['a'] });
    expect(data).toMatchObject({ status: 'claimed', blockedBy: ['a'] });
    await client.heartbeatTask({ taskId: 'free', agent });
    await client.releaseTask({ taskId: 'free', agent });
    await expect(client.claimTask({ taskId: 'free', agent })).rejects.toMatchObject({ reason: 'blocked' });
    await client.claimTask({ taskId: 'a', agent });
    await client.completeTask({ taskId: 'a' });
    await client.claimTask({ taskId: 'free', agent });
  });

  it('can be claimed by its id at once when the task that blocked it has ended, even before anybody noticed', async () => {
    await using claims = await useChain();
    await claims.database.pool.query(`UPDATE tasks SET status = 'done', completed_at = clock_timestamp() WHERE id = 'a'`);
    const { data } = await claims.client('acme').claimTask({ taskId: 'b', agent });
    expect(data?.task?.id).toBe('b');
  });
});
