import { useClaims } from '@dispatcher/testing/services/use-claims.ts';
import { describe, expect, it } from 'vitest';

describe('the list of claims', () => {
  it('has the live claims of the organization, oldest first, page by page and without tokens', async () => {
    await using claims = await useClaims();
    const client = claims.client('acme');
    for (const id of ['c', 'a', 'b']) {
      await claims.insertTask(id);
      await client.claimTask({ taskId: id, agent: `agent-${id}` });
    }
    await claims.insertTask('theirs', { organization_id: 'globex' });
    await claims.client('globex').claimTask({ taskId: 'theirs', agent: 'x' });
    const first = await client.listClaims({ limit: 2 });
    expect(first.data.map((claim) => [claim.taskId, claim.claimToken])).toEqual([
      ['c', undefined],
      ['a', undefined],
    ]);
    expect(first.meta).toMatchObject({ limit: 2, offset: 0, hasMore: true });
    const second = await client.listClaims({ limit: 2, ...(first.meta?.nextCursor ? { cursor: first.meta.nextCursor } : {}) });
    expect(second.data.map((claim) => claim.taskId)).toEqual(['b']);
    expect(second.meta).toMatchObject({ hasMore: false });
    expect((await client.listClaims({ agent: 'agent-a' })).data).toHaveLength(1);
    expect((await claims.client('admin').listClaims({})).data).toHaveLength(4);
    await claims.passLeases();
    expect((await client.listClaims({})).data).toEqual([]);
  });

  it.each(['x', 'WyJhIl0', Buffer.from('["1","a","\\u0000"]').toString('base64url')])('refuses the invented cursor %s', async (cursor) => {
    await using claims = await useClaims();
    await expect(claims.client('acme').listClaims({ cursor })).rejects.toMatchObject({ reason: 'invalid_argument', info: { field: 'cursor' } });
  });
});
