import type { Database } from '@dispatcher/database/database.ts';
import { expect, test } from 'vitest';
import { equalsAfter, lowerThan, selectTasks } from '../task-list.ts';
import { type TestTasks, useTasks } from '../use-tasks.ts';
import { createTaskSql } from './create-task.ts';
import { updateTaskSql } from './update-task.ts';

/** Twenty thousand tasks of two organizations, every fourth without a score. */
async function useManyTasks(): Promise<TestTasks> {
  const tasks = await useTasks();
  await tasks.query(`
    INSERT INTO tasks (organization_id, id, title, created_by, rev, rank, created_at)
    SELECT CASE WHEN n % 2 = 0 THEN 'acme' ELSE 'globex' END, 'task-' || n, 'One', 'test', rev, task_rank(task_score(rev, null, null, null, null, null), now()),
           now() - n * interval '1 second'
    FROM generate_series(1, 20000) AS n CROSS JOIN LATERAL (SELECT (n % 8 / 2)::float8 AS rev) AS r`);
  await tasks.query('ANALYZE tasks');
  return tasks;
}

/** The plan of a statement on the pool of the hot statements, where it is made without looking at the values. */
async function hotPlan({ pool }: Database, text: string, parameters: number): Promise<string> {
  const client = await pool.connect();
  try {
    await client.query(`PREPARE hot AS ${text}`);
    const { rows } = await client.query(`EXPLAIN EXECUTE hot (${Array(parameters).fill('NULL').join(', ')})`);
    return rows.map((row) => row['QUERY PLAN']).join('\n');
  } finally {
    client.release(true);
  }
}

test('creating a task reads no table', async () => {
  await using tasks = await useManyTasks();
  const plan = await hotPlan(tasks.database, createTaskSql, 20);
  expect(plan).toContain('Insert on tasks');
  expect(plan).not.toMatch(/(Seq|Index|Bitmap Heap) Scan|Sort/);
});

test('changing a task reads it by its key alone', async () => {
  await using tasks = await useManyTasks();
  const plan = await hotPlan(tasks.database, updateTaskSql, 7);
  expect(plan.match(/Index Scan using tasks_pkey/g)).toHaveLength(2);
  expect(plan).not.toMatch(/Seq Scan|Bitmap|Sort|Hash|Merge/);
});

test('each page of the list of an organization is a range of its index', async () => {
  await using tasks = await useManyTasks();
  const em = tasks.database.orm.em.fork();
  const first = () => selectTasks(em, { organizationId: 'acme' }, 21);
  const place = ['-Infinity', String(Date.now() * 1000), 'task-4', 'acme'];
  const ranges = [
    { page: first(), range: /organization_id = / },
    { page: first().andWhere({ status: 'pending' }), range: /organization_id = / },
    { page: first().andWhere(equalsAfter(place)), range: /organization_id = .*rank = .*ROW\(created_at, id/ },
    { page: first().andWhere(lowerThan(place)), range: /organization_id = .*rank < / },
  ];
  for (const { page, range } of ranges) {
    const rows = await em.execute<Record<string, string>[]>(`EXPLAIN ${page.getFormattedQuery()}`);
    const plan = rows.map((row) => row['QUERY PLAN']).join('\n');
    expect(plan).toContain('Index Scan using tasks_listed');
    expect(/Index Cond: .*/.exec(plan)?.[0]).toMatch(range);
    expect(plan).not.toMatch(/Seq Scan|Bitmap|Sort/);
  }
});
