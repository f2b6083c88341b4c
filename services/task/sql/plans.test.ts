import type { Database } from '@dispatcher/database/connection/database.ts';
import { type TestTasks, useTasks } from '@dispatcher/testing/services/use-tasks.ts';
import { expect, test } from 'vitest';
import { createTaskSql } from './create-task.ts';
import { createTasksSql } from './create-tasks.ts';
import { countAheadSql } from './explain-task.ts';
import type { TaskFilters } from './list-branches.ts';
import { listTasksSql } from './list-tasks.ts';
import { updateTaskSql } from './update-task.ts';

/** Twenty thousand tasks of two organizations. Every fourth has no score. */
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

/** The plan of a statement on the pool of the hot statements. That pool plans without looking at the values. */
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

test('the creation of a task reads only the idempotency key', async () => {
  await using tasks = await useManyTasks();
  const plan = await hotPlan(tasks.database, createTaskSql, 22);
  expect(plan).toContain('Insert on tasks');
  expect(plan.match(/Scan using \w+|Seq Scan on (?!settings)|Bitmap Heap Scan|Sort/g)).toEqual(['Scan using task_events_idempotency']);
});

test('the creation of several tasks reads only the idempotency key of each, and does not join the tasks with each other', async () => {
  await using tasks = await useManyTasks();
  const plan = await hotPlan(tasks.database, createTasksSql, 1);
  expect(plan.match(/Scan using \w+|Seq Scan on task\w*|Bitmap Heap Scan/g)).toEqual(['Scan using task_events_idempotency']);
  expect(plan).toMatch(/Filter: \(+.*hashed SubPlan/);
});

test('a change of a task reads the task only by its key', async () => {
  await using tasks = await useManyTasks();
  const plan = await hotPlan(tasks.database, updateTaskSql, 7);
  expect(plan.match(/Index Scan using tasks_pkey/g)).toHaveLength(2);
  expect(plan).not.toMatch(/Seq Scan on (?!settings)|Bitmap|Sort|Hash|Merge/);
});

test('the place of a task is counted from two ranges of the index of ready tasks', async () => {
  await using tasks = await useManyTasks();
  const plan = await hotPlan(tasks.database, countAheadSql, 3);
  expect(plan.match(/Scan using tasks_ready on/g)).toHaveLength(2);
  expect(plan).toMatch(/Index Cond: .*rank > .*\n/);
  expect(plan).toMatch(/Index Cond: .*rank = .*ROW\(.*created_at, id/);
  expect(plan).not.toMatch(/Seq Scan on tasks|Bitmap|Sort|Hash|Merge/);
});

test('a list by the beginning of an id uses the primary key when few tasks have that beginning', async () => {
  await using tasks = await useManyTasks();
  for (const organizationId of ['acme', undefined]) {
    const { text, values } = listTasksSql({ organizationId, idPrefix: 'task-1999' }, { limit: 20, offset: 0, after: null });
    const { rows } = await tasks.database.pool.query<Record<string, string>>(`EXPLAIN ${text}`, values);
    const plan = rows.map((row) => row['QUERY PLAN']).join('\n');
    expect(plan).toMatch(/Scan (using|on) tasks_pkey/);
    expect(plan).not.toMatch(/tasks_(ready|parked|done)/);
  }
});

test('a page of a list reads at most one page from each index, with any filters, even when nothing matches', async () => {
  await using tasks = await useManyTasks();
  await tasks.query(`UPDATE tasks SET owner = 'bill', layer = 'core', milestone = 'v1', project = 'web', held = n % 10 = 5,
    status = CASE WHEN n % 2 = 0 THEN 'done' ELSE 'pending' END, completed_at = CASE WHEN n % 2 = 0 THEN now() END
    FROM (SELECT organization_id AS o, id AS i, row_number() OVER (PARTITION BY organization_id ORDER BY id) AS n FROM tasks) AS numbered
    WHERE organization_id = o AND id = i`);
  await tasks.query('ANALYZE tasks');
  const after = ['-Infinity', String(Date.now() * 1000), 'task-4', 'acme'];
  const filters: TaskFilters[] = [
    {},
    ...(['pending', 'claimed', 'done'] as const).map((status) => ({ status })),
    ...['build', 'merge'].map((stage) => ({ stage })),
    ...[true, false].flatMap((given) => [{ held: given }, { ready: given }]),
    ...['bill', 'nobody'].flatMap((owner) => [{ owner }, { owner, status: 'done' } as const, { owner, held: true }, { owner, project: 'nothing' }]),
    ...['core', 'ops'].flatMap((layer) => [{ layer }, { layer, milestone: 'never' }]),
    { blocked: true },
  ];
  for (const filter of filters) {
    for (const [organizationId, place] of [
      ['acme', null],
      ['acme', after],
      [undefined, null],
    ] as const) {
      const { text, values } = listTasksSql({ organizationId, ...filter }, { limit: 20, offset: 0, after: place && [...place] });
      const { rows } = await tasks.database.pool.query<Record<string, string>>(`EXPLAIN (ANALYZE) ${text}`, values);
      const plan = rows.map((row) => row['QUERY PLAN']).join('\n');
      const scans = plan.split('\n').filter((line) => / on tasks /.test(line));
      const name = JSON.stringify({ organizationId, ...filter });
      for (const scan of scans) expect(scan, name).toMatch(/Scan using tasks_\w+ on .*(actual .*rows=(\d|1\d|2[01])(\.\d+)? |never executed)/);
      for (const [, removed] of plan.matchAll(/Rows Removed by Filter: (\d+)/g)) expect(Number(removed), name).toBeLessThan(25);
    }
  }
});
