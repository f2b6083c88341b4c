import { useClaims } from '@dispatcher/testing/services/use-claims.ts';
import { describe, expect, it } from 'vitest';

describe('release', () => {
  it('puts the task back in the queue with the notes and changes of the holder', async () => {
    await using claims = await useClaims();
    await claims.insertTask('t');
    const client = claims.client('acme');
    await client.claimTask({ taskId: 't', agent: 'a1' });
    const { data } = await client.releaseTask({
      taskId: 't',
      agent: 'a1',
      releaseReason: 'timeout',
      notes: 'n',
      branch: 'b',
      contextHandoff: 'h',
      commits: ['c'],
    });
    expect(data).toMatchObject({
      status: 'pending',
      stage: 'build',
      held: false,
      releaseReason: 'timeout',
      notes: 'n',
      branch: 'b',
      contextHandoff: 'h',
      commits: ['c'],
    });
    expect((await client.claimNextTask({ agent: 'a2' })).data?.task?.id).toBe('t');
    expect(await claims.events('t')).toEqual(['task.claimed', 'task.released', 'task.claimed']);
  });

  it.each([
    ['completed', 'build', { stage: 'merge', held: false }],
    ['completed', 'merge', { stage: 'merge', held: false }],
    ['audit_failed', 'merge', { stage: 'build', held: false }],
    ['audit_failed', 'build', { stage: 'build', held: false }],
    ['blocked', 'merge', { stage: 'merge', held: true }],
    ['needs_human', 'build', { stage: 'build', held: true }],
    ['reassigned', 'merge', { stage: 'merge', held: false }],
    ['out_of_scope', 'build', { stage: 'build', held: false }],
    [undefined, 'build', { stage: 'build', held: false }],
  ])('with the reason %s turns a task of the stage %s into %o', async (releaseReason, stage, expected) => {
    await using claims = await useClaims();
    await claims.insertTask('t', { stage });
    const client = claims.client('acme');
    await client.claimTask({ taskId: 't', agent: 'a1' });
    const { data } = await client.releaseTask({ taskId: 't', agent: 'a1', ...(releaseReason === undefined ? {} : { releaseReason }) });
    expect(data).toMatchObject(expected);
  });

  it('keeps a task out of claim-next for as long as the request says', async () => {
    await using claims = await useClaims();
    await claims.insertTask('t');
    const client = claims.client('acme');
    await client.claimTask({ taskId: 't', agent: 'a1' });
    const { data } = await client.releaseTask({ taskId: 't', agent: 'a1', retryAfterSeconds: 60 });
    expect(Number(data?.availableAt?.seconds) * 1000 - Date.now()).toBeGreaterThan(55_000);
    expect((await client.claimNextTask({ agent: 'a2' })).data).toBeUndefined();
  });

  it('counts a claim that was not started neither as an attempt nor as a failure', async () => {
    await using claims = await useClaims();
    await claims.insertTask('t');
    const client = claims.client('acme');
    for (let round = 1; round <= 6; round++) {
      await client.claimTask({ taskId: 't', agent: 'a1' });
      const { data } = await client.releaseTask({ taskId: 't', agent: 'a1', releaseReason: 'not_started' });
      expect(data).toMatchObject({ held: false, attempts: 0 });
    }
  });

  it('holds a task after five claims that ended without done, completed or not_started', async () => {
    await using claims = await useClaims();
    await claims.insertTask('t');
    const client = claims.client('acme');
    await client.claimTask({ taskId: 't', agent: 'a1' });
    await client.releaseTask({ taskId: 't', agent: 'a1', releaseReason: 'completed' });
    for (let failed = 1; failed <= 5; failed++) {
      await client.claimTask({ taskId: 't', agent: 'a1' });
      const { data } = await client.releaseTask({ taskId: 't', agent: 'a1' });
      expect(data).toMatchObject({ held: failed === 5, attempts: failed + 1 });
    }
  });

  it('refuses a late holder, and an agent who does not hold the task', async () => {
    await using claims = await useClaims();
    await claims.insertTask('t');
    const client = claims.client('acme');
    await client.claimTask({ taskId: 't', agent: 'a1' });
    await expect(client.releaseTask({ taskId: 't', agent: 'a2' })).rejects.toMatchObject({ reason: 'claim_lost' });
    await claims.passLeases();
    await expect(client.releaseTask({ taskId: 't', agent: 'a1' })).rejects.toMatchObject({ reason: 'claim_lost' });
    expect(await claims.events('t')).toEqual(['task.claimed']);
  });

  it('with an idempotency key happens once, even when the task was claimed again in between', async () => {
    await using claims = await useClaims();
    await claims.insertTask('t');
    await claims.client('acme').claimTask({ taskId: 't', agent: 'a1' });
    const client = claims.client('acme', 'key-1');
    await client.releaseTask({ taskId: 't' });
    await claims.client('acme').claimTask({ taskId: 't', agent: 'a2' });
    expect((await client.releaseTask({ taskId: 't' })).data).toMatchObject({ status: 'claimed', claim: { agent: 'a2' } });
    expect(await claims.events('t')).toEqual(['task.claimed', 'task.released', 'task.claimed']);
  });

  it('keeps the notes of the holder in the event, also after the next attempt has replaced them on the task', async () => {
    await using claims = await useClaims();
    await claims.insertTask('t', { notes: 'by a person' });
    const client = claims.client('acme');
    await client.claimTask({ taskId: 't', agent: 'a1' });
    await client.releaseTask({ taskId: 't', agent: 'a1', releaseReason: 'timeout', notes: '\u{1F600}'.repeat(501), retryAfterSeconds: 60 });
    await client.claimTask({ taskId: 't', agent: 'a2' });
    const { data } = await client.releaseTask({ taskId: 't', agent: 'a2' });
    expect(data?.notes).toBe('\u{1F600}'.repeat(501));
    await client.claimTask({ taskId: 't', agent: 'a3' });
    await claims.passLeases();
    await client.claimTask({ taskId: 't', agent: 'a4' });
    const { rows } = await claims.database.pool.query(
      `SELECT type, release_reason, notes, available_at > occurred_at + interval '59 seconds' AS later FROM task_events ORDER BY id`,
    );
    const nothing = { release_reason: null, notes: null, later: null };
    expect(rows).toEqual([
      { type: 'task.claimed', ...nothing },
      { type: 'task.released', release_reason: 'timeout', notes: '\u{1F600}'.repeat(500), later: true },
      { type: 'task.claimed', ...nothing },
      { type: 'task.released', ...nothing },
      { type: 'task.claimed', ...nothing },
      { type: 'task.expired', ...nothing },
      { type: 'task.claimed', ...nothing },
    ]);
  });
});
