import { useStats } from '@dispatcher/testing/services/use-stats.ts';
import { describe, expect, it } from 'vitest';
import { rebuildCounts } from '../sql/rebuild-counts.ts';
import { wrongCounts } from '../sql/wrong-counts.ts';

describe('stats', () => {
  it('count the tasks of the organization by status, owner and layer, without archived tasks', async () => {
    await using stats = await useStats();
    await stats.createTask('a', { owner: 'bill', layer: 'core' });
    await stats.createTask('b', { owner: '__proto__' });
    await stats.createTask('c');
    await stats.createTask('theirs', { organization_id: 'globex' });
    await stats.changeTask('a', 'task.completed', `status = 'done', completed_at = clock_timestamp()`);
    await stats.changeTask('c', 'task.archived', 'archived_at = clock_timestamp()');
    const { data } = await stats.client('acme').getStats({});
    expect(data?.byStatus).toEqual({ pending: 1n, claimed: 0n, done: 1n });
    expect(Object.entries(data?.byOwner ?? {}).sort()).toEqual([
      ['__proto__', 1n],
      ['bill', 1n],
    ]);
    expect(data?.byLayer).toEqual({ core: 1n, unassigned: 1n });
    const all = await stats.client('admin').getStats({});
    expect(all.data?.byStatus).toEqual({ pending: 2n, claimed: 0n, done: 1n });
  });

  it('are exact before and after the relay has seen an event, and after a rebuild', async () => {
    await using stats = await useStats();
    const { pool } = stats.database;
    for (let i = 0; i < 30; i++) await stats.createTask(`t${i}`, { owner: i % 2 ? 'ann' : 'bill' });
    const expected = { byStatus: { pending: 29n, claimed: 0n, done: 0n }, byOwner: { ann: 15n, bill: 13n, carl: 1n }, byLayer: { unassigned: 29n } };
    await stats.changeTask('t0', 'task.updated', `owner = 'carl'`);
    await stats.changeTask('t2', 'task.archived', 'archived_at = clock_timestamp()');
    const read = async () => {
      const { data } = await stats.client('acme').getStats({});
      return { byStatus: data?.byStatus, byOwner: data?.byOwner, byLayer: data?.byLayer };
    };
    expect(await read()).toEqual(expected);
    await expect.poll(async () => (await pool.query('SELECT FROM unpublished')).rowCount).toBe(0);
    expect(await read()).toEqual(expected);
    expect(await wrongCounts(pool)).toEqual([]);
    await pool.query('UPDATE task_counts SET count = count + 1');
    expect((await wrongCounts(pool)).length).toBeGreaterThan(0);
    await rebuildCounts(stats.url);
    expect(await read()).toEqual(expected);
  });
});
