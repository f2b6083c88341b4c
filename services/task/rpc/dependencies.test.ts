import { as, useTasks } from '@dispatcher/testing/services/use-tasks.ts';
import { expect, test } from 'vitest';

test('a task keeps its dependencies in their order, and those that are open block it', async () => {
  await using tasks = await useTasks();
  for (const id of ['z', 'a', 'm']) await tasks.client.createTask({ id, title: id }, as('acme'));
  await tasks.query(`UPDATE tasks SET status = 'done', completed_at = now() WHERE id = 'a'`);
  const { data } = await tasks.client.createTask({ id: 'last', title: 'Last', dependsOn: ['z', 'a', 'm'] }, as('acme'));
  expect(data).toMatchObject({ dependsOn: ['z', 'a', 'm'], blockedBy: ['z', 'm'] });
  expect((await tasks.client.getTask({ taskId: 'last' }, as('acme'))).data).toEqual(data);
  expect((await tasks.client.updateTask({ taskId: 'last', dependsOn: ['a', 'm'] }, as('acme'))).data).toMatchObject({ blockedBy: ['m'] });
  const cleared = await tasks.client.updateTask({ taskId: 'last', updateMask: { paths: ['depends_on'] } }, as('acme'));
  expect(cleared.data).toMatchObject({ dependsOn: [], blockedBy: [] });
  expect(await tasks.query('SELECT FROM task_dependencies')).toEqual([]);
});

test('a dependency on an id without a task in the organization is refused, and nothing is written', async () => {
  await using tasks = await useTasks();
  await tasks.client.createTask({ id: 'theirs', title: 'T' }, as('globex'));
  await tasks.client.createTask({ id: 'mine', title: 'T' }, as('acme'));
  for (const dependsOn of [['nobody'], ['theirs'], ['mine', 'nobody']]) {
    const refusal = { reason: 'invalid_argument', info: { field: 'depends_on' } };
    await expect(tasks.client.createTask({ id: 'new', title: 'T', dependsOn }, as('acme'))).rejects.toMatchObject(refusal);
    await expect(tasks.client.updateTask({ taskId: 'mine', title: 'U', dependsOn }, as('acme'))).rejects.toMatchObject(refusal);
  }
  expect(await tasks.query(`SELECT id, title FROM tasks WHERE organization_id = 'acme'`)).toEqual([{ id: 'mine', title: 'T' }]);
  await expect(tasks.client.createTask({ id: 'mine', title: 'T', dependsOn: ['mine'] }, as('acme'))).rejects.toMatchObject({
    reason: 'dependency_cycle',
  });
});

test('a circle is refused with the ids around it, each waiting for the one before', async () => {
  await using tasks = await useTasks();
  for (const [id, dependsOn] of [
    ['a', []],
    ['b', ['a']],
    ['c', ['b']],
    ['d', ['c', 'a']],
  ] as const)
    await tasks.client.createTask({ id, title: id, dependsOn: [...dependsOn] }, as('acme'));
  const close = (taskId: string, dependsOn: string[]) => tasks.client.updateTask({ taskId, dependsOn }, as('acme'));
  await expect(close('a', ['a'])).rejects.toMatchObject({ reason: 'dependency_cycle', info: { path: 'a,a' } });
  await expect(close('a', ['c'])).rejects.toMatchObject({ reason: 'dependency_cycle', info: { path: 'a,b,c,a' } });
  await expect(close('a', ['d'])).rejects.toMatchObject({ reason: 'dependency_cycle', info: { path: 'a,d,a' } });
  expect(await tasks.query(`SELECT depends_on FROM tasks WHERE id = 'a'`)).toEqual([{ depends_on: [] }]);
});

test('when two simultaneous changes would close a circle together, one is refused', async () => {
  await using tasks = await useTasks();
  const ids = ['a', 'b', 'c', 'd'];
  for (const id of ids) await tasks.client.createTask({ id, title: id }, as('acme'));
  const changes = ids.map((taskId, i) => tasks.client.updateTask({ taskId, dependsOn: [ids[(i + 1) % 4] ?? ''] }, as('acme')));
  const refused = (await Promise.allSettled(changes)).filter(({ status }) => status === 'rejected');
  expect(refused).toMatchObject([{ reason: { reason: 'dependency_cycle' } }]);
});

test('a repeat with the same idempotency key returns the task, and a change of an archived task is refused', async () => {
  await using tasks = await useTasks();
  await tasks.client.createTask({ id: 'a', title: 'A' }, as('acme'));
  const first = await tasks.client.createTask({ id: 'b', title: 'B', dependsOn: ['a'] }, as('acme', 'k1'));
  expect(await tasks.client.createTask({ id: 'b', title: 'B', dependsOn: ['a'] }, as('acme', 'k1'))).toEqual(first);
  await tasks.client.createTask({ id: 'c', title: 'C' }, as('acme'));
  const changed = await tasks.client.updateTask({ taskId: 'c', dependsOn: ['a', 'b'] }, as('acme', 'k2'));
  expect(await tasks.client.updateTask({ taskId: 'c', dependsOn: ['a', 'b'] }, as('acme', 'k2'))).toEqual(changed);
  await tasks.query(`UPDATE tasks SET archived_at = now() WHERE id = 'c'`);
  await expect(tasks.client.updateTask({ taskId: 'c', dependsOn: ['b'] }, as('acme'))).rejects.toMatchObject({ reason: 'archived' });
  expect(await tasks.query('SELECT depends_on_id, task_id FROM task_dependencies ORDER BY 1, 2')).toEqual([
    { depends_on_id: 'a', task_id: 'b' },
    { depends_on_id: 'a', task_id: 'c' },
    { depends_on_id: 'b', task_id: 'c' },
  ]);
});

test('the graph has all direct and indirect dependencies and dependents, and nothing else', async () => {
  await using tasks = await useTasks();
  const make = (id: string, dependsOn: string[] = []) => tasks.client.createTask({ id, title: id.toUpperCase(), dependsOn }, as('acme'));
  await make('a');
  await make('b', ['a']);
  await make('beside', ['a']);
  await make('c', ['b']);
  await make('d', ['c', 'b']);
  const { data } = await tasks.client.getTaskGraph({ taskId: 'c' }, as('acme'));
  expect(data?.nodes.map(({ id, blocked }) => [id, blocked])).toEqual([
    ['c', true],
    ['b', true],
    ['a', false],
    ['d', true],
  ]);
  expect(data?.edges.map(({ from, to }) => `${from}>${to}`).sort()).toEqual(['a>b', 'b>c', 'b>d', 'c>d']);
  expect(data?.truncated).toBe(false);
  await expect(tasks.client.getTaskGraph({ taskId: 'c' }, as('globex'))).rejects.toMatchObject({ reason: 'not_found' });
});

test('a graph of more than 500 tasks has the nearest tasks, and says that it was cut', async () => {
  await using tasks = await useTasks();
  await tasks.query(`
    INSERT INTO tasks (organization_id, id, title, created_by, rank, depends_on, blocked_by)
    SELECT 'acme', 't' || n, 'T', 'test', 0, CASE WHEN n > 0 THEN ARRAY['t' || n - 1] ELSE '{}' END, CASE WHEN n > 0 THEN ARRAY['t' || n - 1] ELSE '{}' END
    FROM generate_series(0, 999) AS n`);
  await tasks.query(`INSERT INTO task_dependencies SELECT 'acme', 't' || n - 1, 't' || n FROM generate_series(1, 999) AS n`);
  const { data } = await tasks.client.getTaskGraph({ taskId: 't100' }, as('acme'));
  expect(data).toMatchObject({ truncated: true });
  expect(new Set(data?.nodes.map(({ id }) => id))).toEqual(new Set(Array.from({ length: 500 }, (_, n) => `t${n}`)));
  expect(data?.edges).toHaveLength(499);
});
