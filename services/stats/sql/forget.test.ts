import { type TestStats, useStats } from '@dispatcher/testing/services/use-stats.ts';
import { expect, test } from 'vitest';
import { forgetCounts, forgetPositions, forgetTasks, forgetTasksSql } from './forget.ts';
import { wrongCounts } from './wrong-counts.ts';

/** Creates a task that was created and done so many days ago. */
async function createOldTask(stats: TestStats, id: string, days: number): Promise<void> {
  await stats.createTask(id);
  await stats.changeTask(
    id,
    'task.completed',
    `status = 'done', completed_at = now() - ${days} * interval '1 day', updated_at = now() - ${days} * interval '1 day'`,
  );
}

/** Inserts more tasks than one statement deletes, done 200 days ago. A stream can still read their events. */
async function insertEndedTasks({ database }: TestStats, name: string, { archivedAt, updatedAt }: { archivedAt: string; updatedAt: string }) {
  await database.pool.query(`
    WITH made AS (
      INSERT INTO tasks (organization_id, id, title, created_by, rank, status, completed_at, archived_at, updated_at)
      SELECT 'acme', '${name}' || i, 't', 'test', 0, 'done', now() - interval '200 days', ${archivedAt}, ${updatedAt} FROM generate_series(1, 600) AS i
      RETURNING *
    ),
    logged AS (
      INSERT INTO task_events (organization_id, task_id, type, attempt, title, status, stage, score)
      SELECT organization_id, id, 'task.updated', 0, title, status, stage, score FROM made RETURNING id
    )
    INSERT INTO event_positions (position, event_id, organization_id) SELECT id, id, 'acme' FROM logged`);
}

async function untilNumbered(stats: TestStats): Promise<void> {
  await expect.poll(async () => (await stats.database.pool.query('SELECT FROM unpublished')).rowCount, { timeout: 10_000 }).toBe(0);
}

const ids = async (stats: TestStats, table: string, column: string): Promise<unknown[]> =>
  (await stats.database.pool.query(`SELECT DISTINCT ${column} AS id FROM ${table} ORDER BY 1`)).rows.map(({ id }) => id);

test('an old done task is deleted with its events when no stream can read them, and the counts stay right', async () => {
  await using stats = await useStats();
  const { pool } = stats.database;
  await createOldTask(stats, 'old', 91);
  await createOldTask(stats, 'young', 89);
  await untilNumbered(stats);
  expect(await forgetTasks(pool, 90)).toBe(0);
  await pool.query(`UPDATE event_positions SET numbered_at = now() - interval '8 days'`);
  expect(await forgetPositions(pool, 7)).toBe(4);
  expect(await forgetTasks(pool, 90)).toBe(1);
  expect(await ids(stats, 'tasks', 'id')).toEqual(['young']);
  expect(await ids(stats, 'task_events', 'task_id')).toEqual(['young']);
  expect(await wrongCounts(pool)).toEqual([]);
});

test('old tasks that were changed lately stay, and other tasks are still deleted', async () => {
  await using stats = await useStats();
  const { pool } = stats.database;
  await createOldTask(stats, 'old', 91);
  await untilNumbered(stats);
  await pool.query('DELETE FROM event_positions');
  await insertEndedTasks(stats, 'edited', { archivedAt: 'NULL', updatedAt: 'now()' });
  await insertEndedTasks(stats, 'archived', { archivedAt: 'now()', updatedAt: `now() - interval '200 days'` });
  expect(await forgetTasks(pool, 90)).toBe(1);
  expect((await pool.query(`SELECT FROM tasks WHERE id = 'old'`)).rowCount).toBe(0);
});

test('counts of zero are deleted, and no others', async () => {
  await using stats = await useStats();
  const { pool } = stats.database;
  await stats.createTask('one', { owner: 'ada' });
  await stats.changeTask('one', 'task.updated', `owner = 'bill'`);
  await untilNumbered(stats);
  await pool.query(`INSERT INTO task_counts VALUES ('acme', 'owner', 'gone', 0)`);
  await forgetCounts(pool);
  expect(await ids(stats, 'task_counts', 'value')).toEqual(['bill', 'pending', 'unassigned']);
  expect(await wrongCounts(pool)).toEqual([]);
  await stats.changeTask('one', 'task.updated', `owner = 'gone'`);
  await untilNumbered(stats);
  expect(await wrongCounts(pool)).toEqual([]);
});

test('the search for old tasks reads no task that stays', async () => {
  await using stats = await useStats();
  const { pool } = stats.database;
  await pool.query(`
    INSERT INTO tasks (organization_id, id, title, created_by, rank, status, completed_at, archived_at)
    SELECT 'acme', 't' || i, 't', 'test', 0, 'done', now(), now() FROM generate_series(1, 5000) AS i`);
  await pool.query('ANALYZE tasks');
  const client = await pool.connect();
  try {
    await client.query(`PREPARE forget (integer, bigint) AS ${forgetTasksSql}`);
    const { rows } = await client.query('EXPLAIN (ANALYZE) EXECUTE forget (90, 500)');
    const plan = rows.map((row) => row['QUERY PLAN']).join('\n');
    expect(plan).toContain('Index Scan using tasks_ended');
    expect(plan).not.toContain('Rows Removed by Filter');
  } finally {
    client.release(true);
  }
});
