import { useClaims } from '@dispatcher/testing/services/use-claims.ts';
import { describe, expect, it } from 'vitest';

describe('heartbeat', () => {
  it('renews the claim for its full length, writes no event and shows no token', async () => {
    await using claims = await useClaims();
    await claims.insertTask('t');
    const client = claims.client('acme');
    const { data } = await client.claimTask({ taskId: 't', agent: 'a1', leaseSeconds: 100 });
    await claims.database.pool.query(`UPDATE tasks SET expires_at = clock_timestamp() + interval '10 seconds'`);
    const beat = await client.heartbeatTask({ taskId: 't', agent: 'a1' });
    expect(Number(beat.data?.expiresAt?.seconds)).toBeGreaterThanOrEqual(Number(data?.claim?.expiresAt?.seconds));
    expect(beat.data?.claimToken).toBeUndefined();
    expect(await claims.events('t')).toEqual(['task.claimed']);
  });

  it('does not renew a lease that is over, by token or by name, even before the sweeper has seen it', async () => {
    await using claims = await useClaims();
    await claims.insertTask('t');
    const client = claims.client('acme');
    const { data } = await client.claimTask({ taskId: 't', agent: 'a1' });
    const claimToken = data?.claim?.claimToken ?? '';
    await claims.passLeases();
    await expect(client.heartbeatTask({ taskId: 't', agent: 'a1', claimToken })).rejects.toMatchObject({ reason: 'claim_lost' });
    await expect(client.heartbeatTask({ taskId: 't', agent: 'a1' })).rejects.toMatchObject({ reason: 'claim_lost' });
    await client.claimTask({ taskId: 't', agent: 'a2' });
    await expect(client.heartbeatTask({ taskId: 't', agent: 'a1' })).rejects.toMatchObject({ reason: 'claim_lost' });
    await client.releaseTask({ taskId: 't', agent: 'a2' });
    await expect(client.heartbeatTask({ taskId: 't', agent: 'a1', claimToken })).rejects.toMatchObject({ reason: 'claim_lost' });
    await expect(client.heartbeatTask({ taskId: 't', agent: 'a2' })).rejects.toMatchObject({ reason: 'not_claimed' });
  });

  it('refuses the token of an earlier claim of the same agent', async () => {
    await using claims = await useClaims();
    await claims.insertTask('t');
    const client = claims.client('acme');
    const { data } = await client.claimTask({ taskId: 't', agent: 'a1' });
    await client.releaseTask({ taskId: 't', agent: 'a1' });
    await client.claimTask({ taskId: 't', agent: 'a1' });
    await expect(client.heartbeatTask({ taskId: 't', agent: 'a1', claimToken: data?.claim?.claimToken ?? '' })).rejects.toMatchObject({
      reason: 'claim_lost',
    });
  });

  it('refuses a task that nobody has claimed', async () => {
    await using claims = await useClaims();
    await claims.insertTask('t');
    await expect(claims.client('acme').heartbeatTask({ taskId: 't', agent: 'a1' })).rejects.toMatchObject({ reason: 'not_claimed' });
    await expect(claims.client('acme').heartbeatTask({ taskId: 'nowhere', agent: 'a1' })).rejects.toMatchObject({ reason: 'not_found' });
  });
});
