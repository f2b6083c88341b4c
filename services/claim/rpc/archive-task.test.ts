import { useClaims } from '@dispatcher/testing/services/use-claims.ts';
import { describe, expect, it } from 'vitest';

describe('archive', () => {
  it('ends a live claim, and a second request changes nothing', async () => {
    await using claims = await useClaims();
    await claims.insertTask('t');
    const client = claims.client('acme');
    await client.claimTask({ taskId: 't', agent: 'a1' });
    const first = await client.archiveTask({ taskId: 't' });
    expect(first.data).toMatchObject({ status: 'pending' });
    expect(first.data?.archivedAt).toBeDefined();
    expect(first.data?.claim).toBeUndefined();
    expect(await client.archiveTask({ taskId: 't' })).toEqual(first);
    expect(await claims.events('t')).toEqual(['task.claimed', 'task.archived']);
    await expect(client.heartbeatTask({ taskId: 't', agent: 'a1' })).rejects.toMatchObject({ reason: 'archived' });
  });

  it('leaves a done task done, and answers 404 for a task of another organization', async () => {
    await using claims = await useClaims();
    await claims.insertTask('t', { status: 'done', completed_at: new Date() });
    expect((await claims.client('acme').archiveTask({ taskId: 't' })).data?.status).toBe('done');
    await expect(claims.client('globex').archiveTask({ taskId: 't' })).rejects.toMatchObject({ reason: 'not_found' });
  });
});
