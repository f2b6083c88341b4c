import { as, useTasks } from '@dispatcher/testing/services/use-tasks.ts';
import { expect, test } from 'vitest';

test('every transition is told, oldest first, with who made it and the task as it left it', async () => {
  await using tasks = await useTasks();
  await tasks.client.createTask({ id: 'one', title: 'One' }, as('acme'));
  await tasks.client.createTask({ id: 'two', title: 'Two' }, as('acme'));
  await tasks.client.updateTask({ taskId: 'one', title: 'New', owner: 'bill' }, as('admin'));
  const { data, meta } = await tasks.client.listTaskActivity({ taskId: 'one' }, as('acme'));
  expect(data).toMatchObject([
    { type: 'task.created', organizationId: 'acme', taskId: 'one', actor: 'key:acme key', attempt: 0, task: { title: 'One', status: 'pending' } },
    { type: 'task.updated', organizationId: 'acme', taskId: 'one', actor: 'admin', attempt: 0, task: { title: 'New', owner: 'bill' } },
  ]);
  expect(meta).toMatchObject({ limit: 20, offset: 0, hasMore: false });
});

test('a release has its reason, its notes and the time from which the task is available; other events have none of these', async () => {
  await using tasks = await useTasks();
  await tasks.client.createTask({ id: 'one', title: 'One' }, as('acme'));
  await tasks.query(`
    INSERT INTO task_events (organization_id, task_id, type, attempt, title, status, stage, score, release_reason, notes, available_at)
    VALUES ('acme', 'one', 'task.released', 1, 'One', 'pending', 'build', 0, 'timeout', 'no database', '2030-01-02 09:00Z')`);
  const [created, released] = (await tasks.client.listTaskActivity({ taskId: 'one' }, as('acme'))).data;
  expect(released).toMatchObject({ releaseReason: 'timeout', notes: 'no database', availableAt: { seconds: 1893574800n } });
  expect([created?.releaseReason, created?.notes, created?.availableAt]).toEqual([undefined, undefined, undefined]);
});

test('an event has its position once it is numbered', async () => {
  await using tasks = await useTasks();
  await tasks.client.createTask({ id: 'one', title: 'One' }, as('acme'));
  const positions = async () => (await tasks.client.listTaskActivity({ taskId: 'one' }, as('acme'))).data.map(({ position }) => position);
  expect(await positions()).toEqual([undefined]);
  await tasks.query("INSERT INTO event_positions (position, event_id, organization_id) SELECT 4711, id, 'acme' FROM task_events");
  expect(await positions()).toEqual([4711n]);
});

test('its pages, put together, are the whole history', async () => {
  await using tasks = await useTasks();
  await tasks.client.createTask({ id: 'one', title: 'v0' }, as('acme'));
  for (let i = 1; i < 8; i++) await tasks.client.updateTask({ taskId: 'one', title: `v${i}` }, as('acme'));
  for (const limit of [1, 3, 4, 8]) {
    const titles: (string | undefined)[] = [];
    for (let cursor: string | undefined, more = true; more; ) {
      const page = await tasks.client.listTaskActivity({ taskId: 'one', limit, ...(cursor !== undefined && { cursor }) }, as('acme'));
      titles.push(...page.data.map(({ task }) => task?.title));
      cursor = page.meta?.nextCursor;
      more = cursor !== undefined;
    }
    expect(titles).toEqual(Array.from({ length: 8 }, (_, i) => `v${i}`));
  }
  const { data } = await tasks.client.listTaskActivity({ taskId: 'one', offset: 6 }, as('acme'));
  expect(data.map(({ task }) => task?.title)).toEqual(['v6', 'v7']);
});

test('the history of another organization is answered as that of an unknown task', async () => {
  await using tasks = await useTasks();
  await tasks.client.createTask({ id: 'theirs', title: 'Theirs' }, as('globex'));
  for (const taskId of ['theirs', 'unknown']) {
    await expect(tasks.client.listTaskActivity({ taskId }, as('acme'))).rejects.toMatchObject({
      reason: 'not_found',
      rawMessage: 'There is no task with this id.',
      info: {},
    });
  }
});
