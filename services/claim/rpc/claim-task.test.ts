import { useClaims } from '@dispatcher/testing/services/use-claims.ts';
import { describe, expect, it } from 'vitest';

describe('claim by id', () => {
  it('has one winner among 64 simultaneous callers, and tells the others who it is', async () => {
    await using claims = await useClaims();
    await claims.insertTask('t');
    const client = claims.client('acme');
    const answers = await Promise.allSettled(Array.from({ length: 64 }, (_, i) => client.claimTask({ taskId: 't', agent: `a${i}` })));
    const won = answers.filter((answer) => answer.status === 'fulfilled');
    expect(won).toHaveLength(1);
    const winner = won[0]?.value.data?.claim?.agent;
    for (const answer of answers) {
      if (answer.status === 'rejected')
        expect(answer.reason).toMatchObject({ reason: 'already_claimed', info: { agent: winner, expires_at: expect.stringContaining('T') } });
    }
  });

  it.each(['admin', 'Admin', 'key:laptop', ' key:laptop'])('refuses an agent named %j, which would look like a key in events', async (agent) => {
    await using claims = await useClaims();
    await claims.insertTask('t');
    const refused = { reason: 'invalid_argument', info: { field: 'agent' } };
    await expect(claims.client('acme').claimTask({ taskId: 't', agent })).rejects.toMatchObject(refused);
    await expect(claims.client('acme').claimNextTask({ agent })).rejects.toMatchObject(refused);
    expect((await claims.client('acme').claimNextTask({ agent: 'administrator' })).data?.claim?.agent).toBe('administrator');
  });

  it('claims a task that is held or waits for a time', async () => {
    await using claims = await useClaims();
    await claims.insertTask('t', { held: true, available_at: new Date('2100-01-01') });
    const { data } = await claims.client('acme').claimTask({ taskId: 't', agent: 'a1', leaseSeconds: 60 });
    expect(data?.task).toMatchObject({ status: 'claimed', held: false });
    expect(data?.task?.availableAt).toBeUndefined();
    expect(Number(data?.claim?.expiresAt?.seconds) - Number(data?.claim?.claimedAt?.seconds)).toBe(60);
  });

  it('claims a task at once when its lease is over, and logs the end of the old claim before the new one', async () => {
    await using claims = await useClaims();
    await claims.insertTask('t');
    const client = claims.client('acme', 'key-1');
    const first = await claims.client('acme').claimTask({ taskId: 't', agent: 'a1' });
    await claims.passLeases();
    const second = await client.claimTask({ taskId: 't', agent: 'a2' });
    expect(second.data?.claim).toMatchObject({ agent: 'a2', attempt: 2 });
    expect(second.data?.claim?.claimToken).not.toBe(first.data?.claim?.claimToken);
    expect(await claims.events('t')).toEqual(['task.claimed', 'task.expired', 'task.claimed']);
    expect(await claims.column('t', 'failed_claims')).toBe(1);
    expect((await client.claimTask({ taskId: 't', agent: 'a2' })).data?.claim?.claimToken).toBe(second.data?.claim?.claimToken);
  });

  it('says why a task cannot be claimed', async () => {
    await using claims = await useClaims();
    await claims.insertTask('done', { status: 'done', completed_at: new Date() });
    await claims.insertTask('archived', { archived_at: new Date() });
    await claims.insertTask('theirs', { organization_id: 'globex' });
    const client = claims.client('acme');
    await expect(client.claimTask({ taskId: 'done', agent: 'a' })).rejects.toMatchObject({ reason: 'already_done' });
    await expect(client.claimTask({ taskId: 'archived', agent: 'a' })).rejects.toMatchObject({ reason: 'archived' });
    await expect(client.claimTask({ taskId: 'theirs', agent: 'a' })).rejects.toMatchObject({ reason: 'not_found' });
    await expect(client.claimTask({ taskId: 'nowhere', agent: 'a' })).rejects.toMatchObject({ reason: 'not_found' });
  });

  it('asks the admin for the organization when two organizations have the id', async () => {
    await using claims = await useClaims();
    await claims.insertTask('t');
    await claims.insertTask('t', { organization_id: 'globex' });
    await claims.insertTask('only', { organization_id: 'globex' });
    const admin = claims.client('admin');
    await expect(admin.claimTask({ taskId: 't', agent: 'a' })).rejects.toMatchObject({ reason: 'ambiguous_id' });
    expect((await admin.claimTask({ taskId: 't', organizationId: 'acme', agent: 'a' })).data?.task?.organizationId).toBe('acme');
    expect((await admin.claimTask({ taskId: 'only', agent: 'a' })).data?.task?.organizationId).toBe('globex');
  });
});
