import { createLog } from '@dispatcher/kit/telemetry/log.ts';
import { useClaims } from '@dispatcher/testing/services/use-claims.ts';
import { describe, expect, it } from 'vitest';
import { startSweeper } from '../sweeper.ts';

const waitingForALock = `SELECT count(*)::integer AS waiting FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`;

describe('claim-next', () => {
  it('returns the highest rank first, then the oldest task, then the smallest id', async () => {
    await using claims = await useClaims();
    const old = new Date('2026-01-01');
    await claims.insertTask('c', { rank: 1, created_at: old });
    await claims.insertTask('b', { rank: 1, created_at: old });
    await claims.insertTask('a', { rank: 1 });
    await claims.insertTask('d', { rank: 2 });
    const client = claims.client('acme');
    const order = [];
    for (let i = 0; i < 4; i++) order.push((await client.claimNextTask({ agent: 'a1' })).data?.task?.id);
    expect(order).toEqual(['d', 'b', 'c', 'a']);
    expect((await client.claimNextTask({ agent: 'a1' })).data).toBeUndefined();
  });

  it('returns the task as claimed, with a new token and a lease of 30 minutes', async () => {
    await using claims = await useClaims();
    await claims.insertTask('t');
    const { data } = await claims.client('acme').claimNextTask({ agent: 'a1' });
    expect(data?.task).toMatchObject({ id: 't', status: 'claimed', attempts: 1, claim: { agent: 'a1' } });
    expect(data?.task?.claim?.claimToken).toBeUndefined();
    expect(data?.claim).toMatchObject({ taskId: 't', agent: 'a1', attempt: 1, claimToken: expect.stringMatching(/^\S{24}$/) });
    expect(Number(data?.claim?.expiresAt?.seconds) - Number(data?.claim?.claimedAt?.seconds)).toBe(1800);
    expect(await claims.events('t')).toEqual(['task.claimed']);
  });

  it.each([
    [{ owner: 'bill' }, 'owner'],
    [{ project: 'web' }, 'project'],
    [{ milestone: 'v1' }, 'milestone'],
    [{ layer: 'core' }, 'layer'],
    [{ owner: 'bill', project: 'web', layer: 'core', milestone: 'v1' }, 'all'],
    [{ stage: 'merge' }, 'stage'],
  ])('claims only a task that matches %o', async (filter, id) => {
    await using claims = await useClaims();
    await claims.insertTask('other', { rank: 9, owner: 'ann', project: 'app', milestone: 'v2', layer: 'ops' });
    await claims.insertTask(id, filter);
    const client = claims.client('acme');
    expect((await client.claimNextTask({ agent: 'a1', ...filter })).data?.task?.id).toBe(id);
    expect((await client.claimNextTask({ agent: 'a1', ...filter })).data).toBeUndefined();
  });

  it('gives the admin the best match of all organizations, and gives simultaneous callers all the tasks there are', async () => {
    await using claims = await useClaims();
    await claims.insertTask('second', { owner: 'bill', rank: 2 });
    await claims.insertTask('first', { owner: 'bill', rank: 3, organization_id: 'globex' });
    await claims.insertTask('third', { owner: 'bill', rank: 1, organization_id: 'globex' });
    await claims.insertTask('other', { owner: 'ann', rank: 9 });
    const admin = claims.client('admin');
    const bills = { agent: 'a1', owner: 'bill' };
    expect((await admin.claimNextTask(bills)).data?.task?.id).toBe('first');
    const taken = await Promise.all([1, 2, 3].map(async () => (await admin.claimNextTask(bills)).data?.task?.id));
    expect(taken.sort()).toEqual(['second', 'third', undefined]);
  });

  it('skips tasks that are held, waiting for a time, archived, done, claimed, or of another organization', async () => {
    await using claims = await useClaims();
    await claims.insertTask('held', { held: true });
    await claims.insertTask('waiting', { available_at: new Date('2100-01-01') });
    await claims.insertTask('archived', { archived_at: new Date() });
    await claims.insertTask('done', { status: 'done', completed_at: new Date() });
    await claims.insertTask('theirs', { organization_id: 'globex' });
    expect((await claims.client('acme').claimNextTask({ agent: 'a1' })).data).toBeUndefined();
    expect((await claims.client('admin').claimNextTask({ agent: 'a1' })).data?.task?.organizationId).toBe('globex');
  });

  it('gives 200 simultaneous callers 200 different tasks', async () => {
    await using claims = await useClaims();
    await Promise.all(Array.from({ length: 200 }, (_, i) => claims.insertTask(`t${i}`)));
    const client = claims.client('acme');
    const answers = await Promise.all(Array.from({ length: 200 }, (_, i) => client.claimNextTask({ agent: `a${i}` })));
    expect(new Set(answers.map((answer) => answer.data?.task?.id)).size).toBe(200);
  });

  it('returns the same task and token for a repeat with the same idempotency key, also when both come at once', async () => {
    await using claims = await useClaims();
    for (let i = 0; i < 20; i++) await claims.insertTask(`t${i}`);
    const client = claims.client('acme', 'key-1');
    const answers = await Promise.all(Array.from({ length: 8 }, () => client.claimNextTask({ agent: 'a1' })));
    expect(new Set(answers.map((answer) => `${answer.data?.task?.id} ${answer.data?.claim?.claimToken}`)).size).toBe(1);
    await expect(client.claimNextTask({ agent: 'a2' })).rejects.toMatchObject({ reason: 'idempotency_key_reused' });
    const { rows } = await claims.database.pool.query(`SELECT FROM tasks WHERE status = 'claimed'`);
    expect(rows).toHaveLength(1);
  });

  it('repeats that wait for a request in another process do not use up the connections', async () => {
    await using claims = await useClaims();
    await claims.insertTask('t');
    await claims.insertTask('other', { organization_id: 'globex' });
    const { pool } = claims.database;
    const atWork = await pool.connect();
    try {
      await atWork.query(`BEGIN; SELECT pg_advisory_xact_lock(hashtextextended('acme key-1', 0))`);
      const client = claims.client('acme', 'key-1');
      const repeats = Array.from({ length: 30 }, () => client.claimNextTask({ agent: 'a1' }));
      for (let i = 0; i < 20; i++) {
        await claims.client('globex').claimNextTask({ agent: 'a2' });
        const { rows } = await pool.query(waitingForALock);
        expect(rows).toEqual([{ waiting: 0 }]);
      }
      expect(await claims.events('t')).toEqual([]);
      await atWork.query('COMMIT');
      const answers = await Promise.all(repeats);
      expect(new Set(answers.map((answer) => `${answer.data?.task?.id} ${answer.data?.claim?.claimToken}`)).size).toBe(1);
      expect(await claims.events('t')).toEqual(['task.claimed']);
    } finally {
      atWork.release();
    }
  });

  it('does not save an answer of null under an idempotency key', async () => {
    await using claims = await useClaims();
    const client = claims.client('acme', 'key-1');
    expect((await client.claimNextTask({ agent: 'a1' })).data).toBeUndefined();
    await claims.insertTask('t');
    expect((await client.claimNextTask({ agent: 'a1' })).data?.task?.id).toBe('t');
  });

  it('waits for a task as long as the request says, and no longer', async () => {
    await using claims = await useClaims();
    const started = performance.now();
    expect((await claims.client('acme').claimNextTask({ agent: 'a1', waitSeconds: 1 })).data).toBeUndefined();
    expect(performance.now() - started).toBeGreaterThan(990);
  });

  it('wakes one waiting caller for a task, and does not wake the others', async () => {
    await using claims = await useClaims();
    const leaving = new AbortController();
    const client = claims.client('acme');
    const waiting = Array.from({ length: 20 }, (_, i) => client.claimNextTask({ agent: `a${i}`, waitSeconds: 30 }, { signal: leaving.signal }));
    await expect.poll(() => claims.dependencies.waiting.size).toBe(20);
    await claims.insertTask('t');
    claims.dependencies.waiting.offer({ organizationId: 'globex', stage: 'build', id: 't' });
    claims.dependencies.waiting.offer({ organizationId: 'acme', stage: 'build', id: 't' });
    const first = await Promise.race(waiting);
    expect(first.data?.task?.id).toBe('t');
    expect(claims.dependencies.waiting.size).toBe(19);
    leaving.abort();
    const rest = await Promise.all(waiting);
    expect(rest.filter((answer) => answer.data)).toHaveLength(1);
  });

  it('a task can be claimed again after its lease ended, or when its time has come', async () => {
    await using claims = await useClaims();
    await claims.insertTask('t');
    await claims.insertTask('later', { available_at: new Date(Date.now() - 1000) });
    const client = claims.client('acme');
    await client.claimNextTask({ agent: 'a1' });
    await claims.passLeases();
    await using _sweeper = startSweeper(claims.dependencies, createLog('silent'));
    const handedOut = new Set<string | undefined>();
    const both = async () => handedOut.add((await client.claimNextTask({ agent: 'a2' })).data?.task?.id).isSupersetOf(new Set(['later', 't']));
    await expect.poll(both, { timeout: 5000 }).toBe(true);
    expect(await claims.events('t')).toEqual(['task.claimed', 'task.expired', 'task.claimed']);
  });
});
