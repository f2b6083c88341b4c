import type { RequestIdentity } from '@dispatcher/database/events/idempotency.ts';
import { as, useTasks } from '@dispatcher/testing/services/use-tasks.ts';
import { expect, test } from 'vitest';
import type { TaskContent } from '../task-content.ts';
import { type CreateItem, createTasks } from './create-tasks.ts';

const item = (id: string, content: TaskContent = {}, identity: RequestIdentity = ['acme', null, null]): CreateItem => ({
  identity,
  task: { organizationId: identity[0], id, createdBy: `key:${id}`, content: { title: `Task ${id}`, held: false, ...content } },
});

test('each task has the content of its request and its own event, and earlier requests get older tasks', async () => {
  await using tasks = await useTasks();
  const scores = { rev: 5, use: 0.1, effort: 4 };
  const rows = await createTasks(tasks.database, [
    item('b', { notes: 'one\n"two" \\ ünïcødé 🦖', held: true }),
    item('a', scores, ['globex', 'key', Buffer.from('digest')]),
    item('a', scores),
  ]);
  expect(rows.map((row) => row && [row.organizationId, row.id, row.title, row.held, row.createdBy])).toEqual([
    ['acme', 'b', 'Task b', true, 'key:b'],
    ['globex', 'a', 'Task a', false, 'key:a'],
    ['acme', 'a', 'Task a', false, 'key:a'],
  ]);
  expect(rows[0]?.notes).toBe('one\n"two" \\ ünïcødé 🦖');
  expect(rows[1]).toMatchObject({ ...scores, score: 3.8, effectiveScore: 3.8, status: 'pending', stage: 'build', attempts: 0 });
  expect(await tasks.query(`SELECT organization_id, id FROM tasks ORDER BY created_at`)).toEqual([
    { organization_id: 'acme', id: 'b' },
    { organization_id: 'globex', id: 'a' },
    { organization_id: 'acme', id: 'a' },
  ]);
  const events = await tasks.query(
    `SELECT e.organization_id, e.task_id, e.type, e.actor, e.caller, e.idempotency_key, e.title, e.status, e.stage, e.attempt, e.score = t.score AS scored, status_before
     FROM task_events e JOIN tasks t ON t.organization_id = e.organization_id AND t.id = e.task_id ORDER BY 1, 2`,
  );
  const event = (organization_id: string, task_id: string, idempotency_key: string | null) => ({
    ...{ organization_id, task_id, type: 'task.created', actor: `key:${task_id}`, caller: organization_id, idempotency_key },
    ...{ title: `Task ${task_id}`, status: 'pending', stage: 'build', attempt: 0, scored: true, status_before: null },
  });
  expect(events).toEqual([event('acme', 'a', null), event('acme', 'b', null), event('globex', 'a', 'key')]);
  expect(await tasks.query('SELECT FROM unpublished')).toHaveLength(3);
});

test('a task of a batch ranks as it would alone', async () => {
  await using tasks = await useTasks();
  const content = [{ rev: 1 }, { sec: 9.5, effort: 3 }, {}, { stab: 1e-101 }, { use: 0.3, ts: 7 }];
  await createTasks(
    tasks.database,
    content.map((each, i) => item(`many-${i}`, each)),
  );
  for (const [i, each] of content.entries()) await tasks.client.createTask({ id: `one-${i}`, title: 'x', ...each }, as('acme'));
  const ranks = await tasks.query(`SELECT count(DISTINCT (rank, score))::integer AS different FROM tasks GROUP BY right(id, 1)`);
  expect(ranks).toEqual(content.map(() => ({ different: 1 })));
});

test('a taken id, a second item with the same id, and a repeat create nothing, and the other items create their tasks', async () => {
  await using tasks = await useTasks();
  const identity: RequestIdentity = ['acme', 'key', Buffer.from('digest')];
  await createTasks(tasks.database, [item('taken'), item('keyed', {}, identity)]);
  const items = [item('t1'), item('taken'), item('t3', {}, identity), item('t3'), item('t2'), item('t2', { title: 'second' })];
  const rows = await createTasks(tasks.database, items);
  expect(rows.map((row) => (row ? row.title : row))).toEqual(['Task t1', null, undefined, undefined, 'Task t2', undefined]);
  expect(await tasks.query('SELECT FROM task_events')).toHaveLength(4);
});

test('each concurrent request gets its own result, also when one of them makes the statement fail', async () => {
  await using tasks = await useTasks();
  const { client } = tasks;
  const key = (i: number) => as(i % 2 ? 'acme' : 'globex', 'one-key');
  const answers = await Promise.allSettled([
    ...Array.from({ length: 30 }, (_, i) => client.createTask({ id: `t${i}`, title: `Task ${i}` }, as('acme'))),
    client.createTask({ id: 't3', title: 'taken' }, as('acme')),
    client.createTask({ id: 't3', title: 'free' }, as('globex')),
    ...Array.from({ length: 6 }, (_, i) => client.createTask({ id: `keyed-${i % 2}`, title: 'once' }, key(i))),
  ]);
  const words = answers.map((answer) => (answer.status === 'fulfilled' ? answer.value.data?.title : answer.reason.reason));
  expect(words.slice(0, 30)).toEqual(Array.from({ length: 30 }, (_, i) => `Task ${i}`));
  expect(words.slice(30)).toEqual(['duplicate_id', 'free', ...Array(6).fill('once')]);
  expect(await tasks.query('SELECT FROM task_events')).toHaveLength(33);
});

test('an item with text that PostgreSQL cannot read from JSON fails alone', async () => {
  await using tasks = await useTasks();
  const bad = createTasks(tasks.database, [item('good'), item('bad', { notes: 'a\0b' })]);
  await expect(bad).rejects.toMatchObject({ code: '22P05' });
  expect(await tasks.query('SELECT FROM tasks')).toEqual([]);
});
