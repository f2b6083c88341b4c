import { useClaims } from '@dispatcher/testing/services/use-claims.ts';
import { describe, expect, it } from 'vitest';

describe('done', () => {
  it('ends the claim, and stores that the task is done and what the agent said about it', async () => {
    await using claims = await useClaims();
    await claims.insertTask('t');
    const client = claims.client('acme');
    await client.claimTask({ taskId: 't', agent: 'a1' });
    const { data } = await client.completeTask({ taskId: 't', agent: 'a1', notes: 'fine', prUrls: ['https://x/1'], commits: ['abc'] });
    expect(data).toMatchObject({ status: 'done', notes: 'fine', prUrls: ['https://x/1'], commits: ['abc'] });
    expect(data?.claim).toBeUndefined();
    expect(data?.completedAt).toBeDefined();
    expect(await claims.events('t')).toEqual(['task.claimed', 'task.completed']);
  });

  it('returns the same answer again for the token that finished it, without a second event, and refuses all others', async () => {
    await using claims = await useClaims();
    await claims.insertTask('t');
    const client = claims.client('acme');
    const claimed = await client.claimTask({ taskId: 't', agent: 'a1' });
    const claimToken = claimed.data?.claim?.claimToken ?? '';
    const first = await client.completeTask({ taskId: 't', claimToken });
    expect(await client.completeTask({ taskId: 't', claimToken })).toEqual(first);
    await expect(client.completeTask({ taskId: 't', agent: 'a1' })).rejects.toMatchObject({ reason: 'already_done' });
    await expect(client.completeTask({ taskId: 't' })).rejects.toMatchObject({ reason: 'already_done' });
    await expect(client.completeTask({ taskId: 't', claimToken: 'other' })).rejects.toMatchObject({ reason: 'already_done' });
    expect(await claims.events('t')).toEqual(['task.claimed', 'task.completed']);
  });

  it('ends the live claim of any agent when neither agent nor token is given, and the event names the key', async () => {
    await using claims = await useClaims();
    await claims.insertTask('t');
    const client = claims.client('acme');
    await expect(client.completeTask({ taskId: 't' })).rejects.toMatchObject({ reason: 'not_claimed' });
    await client.claimTask({ taskId: 't', agent: 'a1' });
    expect((await client.completeTask({ taskId: 't', notes: 'by hand' })).data?.status).toBe('done');
    const { rows } = await claims.database.pool.query('SELECT actor FROM task_events ORDER BY id DESC LIMIT 1');
    expect(rows[0]).toEqual({ actor: 'key:acme key' });
  });

  it('refuses a late holder, and changes nothing', async () => {
    await using claims = await useClaims();
    await claims.insertTask('t');
    const client = claims.client('acme');
    await client.claimTask({ taskId: 't', agent: 'a1' });
    await claims.passLeases();
    await expect(client.completeTask({ taskId: 't', agent: 'a1' })).rejects.toMatchObject({ reason: 'claim_lost' });
    await expect(client.completeTask({ taskId: 't' })).rejects.toMatchObject({ reason: 'not_claimed' });
    expect(await claims.events('t')).toEqual(['task.claimed']);
  });

  it('with an idempotency key has one effect and one answer, also when both requests come at once', async () => {
    await using claims = await useClaims();
    await claims.insertTask('t');
    await claims.client('acme').claimTask({ taskId: 't', agent: 'a1' });
    const client = claims.client('acme', 'key-1');
    const answers = await Promise.all(Array.from({ length: 8 }, () => client.completeTask({ taskId: 't', agent: 'a1', notes: 'n' })));
    for (const answer of answers) expect(answer).toEqual(answers[0]);
    expect(await claims.events('t')).toEqual(['task.claimed', 'task.completed']);
    await expect(client.completeTask({ taskId: 't', agent: 'a1', notes: 'other' })).rejects.toMatchObject({ reason: 'idempotency_key_reused' });
  });
});
