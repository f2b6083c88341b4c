import { as, useTasks } from '@dispatcher/testing/services/use-tasks.ts';
import { expect, test } from 'vitest';

test('several tasks are created in one commit, in the order of the request, each with its event', async () => {
  await using tasks = await useTasks();
  const given = [
    { id: 'z', title: 'First', owner: 'bill', rev: 0.1, notes: 'with "quotes"\nand lines' },
    { title: 'Second' },
    { id: 'a', title: 'Third' },
  ];
  const { data } = await tasks.client.createTasks({ tasks: given }, as('acme'));
  expect(data).toMatchObject(given.map((task) => ({ ...task, organizationId: 'acme', status: 'pending', createdBy: 'key:acme key' })));
  expect(tasks.published()).toBe(1);
  expect(await tasks.query('SELECT type, title, actor FROM task_events ORDER BY id')).toEqual(
    given.map(({ title }) => ({ type: 'task.created', title, actor: 'key:acme key' })),
  );
  expect(await tasks.query('SELECT count(*)::integer AS queued FROM unpublished')).toEqual([{ queued: 3 }]);
  for (const task of data) expect((await tasks.client.getTask({ taskId: task.id }, as('acme'))).data).toEqual(task);
});

test('tasks of one request with the same score are handed out in its order', async () => {
  await using tasks = await useTasks();
  const ids = ['c', 'a', 'b', 'd'];
  await tasks.client.createTasks({ tasks: ids.map((id) => ({ id, title: id, rev: 1 })) }, as('acme'));
  expect((await tasks.client.listTasks({}, as('acme'))).data.map(({ id }) => id)).toEqual(ids);
});

test('one invalid task refuses the whole request, and the error names it by its place', async () => {
  await using tasks = await useTasks();
  await tasks.client.createTask({ id: 'taken', title: 'There' }, as('acme'));
  const good = { title: 'Good' };
  const refused = async (wrong: object, field: string, reason: string) => {
    const answer = tasks.client.createTasks({ tasks: [good, good, wrong] }, as('acme'));
    await expect(answer).rejects.toMatchObject({ reason, info: { field }, message: expect.stringContaining(field) });
  };
  await refused({ title: '' }, 'tasks[2].title', 'invalid_argument');
  await refused({ title: 'x', rev: 11 }, 'tasks[2].rev', 'invalid_argument');
  await refused({ title: 'a\0b' }, 'tasks[2].title', 'invalid_argument');
  await refused({ title: 'x', id: 'taken' }, 'tasks[2].id', 'duplicate_id');
  await refused({ title: 'x', organizationId: 'globex' }, 'tasks[2].organization_id', 'forbidden');
  const twice = tasks.client.createTasks(
    {
      tasks: [
        { id: 'same', title: 'x' },
        { id: 'same', title: 'y' },
      ],
    },
    as('acme'),
  );
  await expect(twice).rejects.toMatchObject({ reason: 'duplicate_id', info: { field: 'tasks[1].id' } });
  expect(await tasks.query('SELECT id FROM tasks')).toEqual([{ id: 'taken' }]);
  expect(await tasks.query('SELECT count(*)::integer AS events FROM task_events')).toEqual([{ events: 1 }]);
});

test('a request may have 1 to 500 tasks', async () => {
  await using tasks = await useTasks();
  const some = (count: number) => ({ tasks: Array.from({ length: count }, (_, i) => ({ title: `Task ${i}` })) });
  await expect(tasks.client.createTasks(some(0), as('acme'))).rejects.toMatchObject({ info: { field: 'tasks' } });
  await expect(tasks.client.createTasks(some(501), as('acme'))).rejects.toMatchObject({ info: { field: 'tasks' } });
  const { data } = await tasks.client.createTasks(some(500), as('acme'));
  expect(data.map(({ title }) => title)).toEqual(some(500).tasks.map(({ title }) => title));
});

test('an admin creates tasks in several organizations, and must name one that exists for each', async () => {
  await using tasks = await useTasks();
  const { data } = await tasks.client.createTasks(
    {
      organizationId: 'acme',
      tasks: [
        { id: 'one', title: 'x' },
        { id: 'one', title: 'y', organizationId: 'globex' },
      ],
    },
    as('admin'),
  );
  expect(data.map(({ organizationId }) => organizationId)).toEqual(['acme', 'globex']);
  for (const organizationId of [undefined, 'acmee']) {
    const answer = tasks.client.createTasks(
      {
        tasks: [
          { title: 'x', organizationId: 'acme' },
          { title: 'y', organizationId },
        ],
      },
      as('admin'),
    );
    await expect(answer).rejects.toMatchObject({ reason: 'invalid_argument', info: { field: 'tasks[1].organization_id' } });
  }
});

test('a repeat with the same idempotency key gets the same tasks as they are now, and a different request gets a 422', async () => {
  await using tasks = await useTasks();
  const request = { tasks: Array.from({ length: 12 }, (_, i) => ({ title: `Task ${i}` })) };
  const answers = await Promise.all([1, 2, 3].map(() => tasks.client.createTasks(request, as('acme', 'key'))));
  const [first] = answers;
  expect(new Set(answers.map(({ data }) => data.map(({ id }) => id).join())).size).toBe(1);
  expect(first?.data.map(({ title }) => title)).toEqual(request.tasks.map(({ title }) => title));
  await tasks.client.updateTask({ taskId: first?.data[11]?.id ?? '', title: 'New' }, as('acme'));
  const again = await tasks.client.createTasks(request, as('acme', 'key'));
  expect(again.data.map(({ id, title }) => [id, title])).toEqual(first?.data.map(({ id, title }, i) => [id, i === 11 ? 'New' : title]));
  const reused = { reason: 'idempotency_key_reused' };
  await expect(tasks.client.createTasks({ tasks: [{ title: 'Other' }] }, as('acme', 'key'))).rejects.toMatchObject(reused);
  await expect(tasks.client.createTask({ title: 'Other' }, as('acme', 'key'))).rejects.toMatchObject(reused);
  await tasks.client.createTask({ title: 'Single' }, as('acme', 'single'));
  await expect(tasks.client.createTasks({ tasks: [{ title: 'Single' }] }, as('acme', 'single'))).rejects.toMatchObject(reused);
  expect(await tasks.query('SELECT count(*)::integer AS tasks FROM tasks')).toEqual([{ tasks: 13 }]);
});

test('of simultaneous requests that share an id, one creates all of its tasks and the others create none', async () => {
  await using tasks = await useTasks();
  const answers = await Promise.allSettled(
    ['x', 'y', 'z'].map((own) =>
      tasks.client.createTasks(
        {
          tasks: [
            { id: own, title: own },
            { id: 'common', title: own },
          ],
        },
        as('acme'),
      ),
    ),
  );
  const refused = answers.filter((answer) => answer.status === 'rejected');
  expect(refused.map(({ reason }) => reason)).toMatchObject([1, 2].map(() => ({ reason: 'duplicate_id', info: { field: 'tasks[1].id' } })));
  expect(await tasks.query('SELECT count(*)::integer AS tasks FROM tasks')).toEqual([{ tasks: 2 }]);
});

test('tasks of one request can wait for each other and for other tasks, and only open tasks block them', async () => {
  await using tasks = await useTasks();
  for (const id of ['open', 'over']) await tasks.client.createTask({ id, title: id }, as('acme'));
  await tasks.query("UPDATE tasks SET status = 'done', completed_at = now() WHERE id = 'over'");
  const asked = [
    { id: 'last', title: 'x', dependsOn: ['first', 'over', 'open'] },
    { id: 'first', title: 'y', dependsOn: ['over'] },
  ];
  const { data } = await tasks.client.createTasks({ tasks: asked }, as('acme'));
  expect(data.map(({ id, dependsOn, blockedBy }) => ({ id, dependsOn, blockedBy }))).toEqual([
    { id: 'last', dependsOn: ['first', 'over', 'open'], blockedBy: ['first', 'open'] },
    { id: 'first', dependsOn: ['over'], blockedBy: [] },
  ]);
  expect(await tasks.query('SELECT depends_on_id, task_id FROM task_dependencies ORDER BY 1, 2')).toEqual([
    { depends_on_id: 'first', task_id: 'last' },
    { depends_on_id: 'open', task_id: 'last' },
    { depends_on_id: 'over', task_id: 'first' },
    { depends_on_id: 'over', task_id: 'last' },
  ]);
});

test('a request with an unknown dependency, or with tasks in a circle, creates no task', async () => {
  await using tasks = await useTasks();
  await tasks.client.createTask({ id: 'foreign', title: 'x' }, as('globex'));
  const create = (given: object[]) => tasks.client.createTasks({ tasks: given }, as('acme'));
  for (const id of ['nobody-has-this', 'foreign']) {
    const unknown = create([{ title: 'x' }, { title: 'y', dependsOn: [id] }]);
    await expect(unknown).rejects.toMatchObject({ reason: 'invalid_argument', info: { field: 'tasks[1].depends_on' } });
  }
  const circle = create([
    { id: 'out', title: 'x', dependsOn: ['a'] },
    { id: 'a', title: 'x', dependsOn: ['b'] },
    { id: 'b', title: 'x', dependsOn: ['c'] },
    { id: 'c', title: 'x', dependsOn: ['a'] },
  ]);
  await expect(circle).rejects.toMatchObject({ reason: 'dependency_cycle', info: { path: 'a,b,c,a' } });
  await expect(create([{ id: 'self', title: 'x', dependsOn: ['self'] }])).rejects.toMatchObject({ reason: 'dependency_cycle' });
  expect(await tasks.query('SELECT id FROM tasks')).toEqual([{ id: 'foreign' }]);
});
