import { as, useTasks } from '@dispatcher/testing/services/use-tasks.ts';
import { assert, asyncProperty, constant, double, oneof, option, record, string } from 'fast-check';
import { expect, test } from 'vitest';
import { createTask as insertTask } from '../sql/create-task.ts';

test('the answer has the task as it was written, pending and with its score', async () => {
  await using tasks = await useTasks();
  const written = {
    id: 'ship-it',
    title: 'Ship it',
    description: 'All of it.',
    project: 'core',
    owner: 'bill',
    milestone: 'v1',
    layer: 'core',
    rev: 3,
    use: 1,
    ts: 0,
    sec: 2.5,
    stab: 10,
    effort: 4,
    held: true,
    notes: 'soon',
  };
  const { data } = await tasks.client.createTask(written, as('acme'));
  expect(data).toMatchObject({ ...written, organizationId: 'acme', status: 'pending', stage: 'build', attempts: 0, createdBy: 'key:acme key' });
  expect(data).toMatchObject({ score: 41 / 4, effectiveScore: 41 / 4, createdAt: data?.updatedAt });
  expect((await tasks.client.getTask({ taskId: 'ship-it' }, as('acme'))).data).toEqual(data);
});

test('the event of a task and its entry for the relay are committed with the task', async () => {
  await using tasks = await useTasks();
  await tasks.client.createTask({ id: 'one', title: 'One', owner: 'bill', layer: 'ops', rev: 2 }, as('acme'));
  const events = await tasks.query(`
    SELECT type, organization_id, task_id, actor, attempt, title, status, stage, owner, layer, milestone, score, status_before, owner_before,
           layer_before, claim_token, caller, idempotency_key, id IN (SELECT event_id FROM unpublished) AS queued FROM task_events`);
  const content = { title: 'One', status: 'pending', stage: 'build', owner: 'bill', layer: 'ops', milestone: null, score: 3 };
  const before = { status_before: null, owner_before: null, layer_before: null };
  const request = { actor: 'key:acme key', attempt: 0, claim_token: null, caller: 'acme', idempotency_key: null };
  expect(events).toEqual([{ type: 'task.created', organization_id: 'acme', task_id: 'one', ...content, ...before, ...request, queued: true }]);
  expect(tasks.published()).toBe(1);
});

test('rank, created_at and updated_at use the same instant', async () => {
  await using tasks = await useTasks();
  await tasks.client.createTask({ title: 'One', rev: 7, effort: 3 }, as('acme'));
  expect(await tasks.query('SELECT created_at = updated_at AS instant, rank = task_rank(score, updated_at) AS rank FROM tasks')).toEqual([
    { instant: true, rank: true },
  ]);
});

test('an id that the organization already has is refused and changes nothing, and another organization may use it', async () => {
  await using tasks = await useTasks();
  await tasks.client.createTask({ id: 'one', title: 'First' }, as('acme'));
  await expect(tasks.client.createTask({ id: 'one', title: 'Second' }, as('acme'))).rejects.toMatchObject({
    reason: 'duplicate_id',
    info: { field: 'id' },
  });
  await tasks.client.createTask({ id: 'one', title: 'Third' }, as('globex'));
  expect(await tasks.query('SELECT organization_id, title FROM tasks ORDER BY 1')).toEqual([
    { organization_id: 'acme', title: 'First' },
    { organization_id: 'globex', title: 'Third' },
  ]);
  expect(await tasks.query('SELECT count(*)::int AS events FROM task_events')).toEqual([{ events: 2 }]);
});

test('refusing a taken id costs no connection', async () => {
  await using tasks = await useTasks();
  const ids = Array.from({ length: 100 }, (_, i) => `task-${i}`);
  for (const id of ids) await tasks.client.createTask({ id, title: 'One' }, as('acme'));
  // One after the other, they all use the same connection.
  const used = await tasks.query('SELECT pg_backend_pid() AS pid');
  const refused = await Promise.allSettled(ids.map((id) => tasks.client.createTask({ id, title: 'Two' }, as('acme'))));
  expect(refused.map((call) => call.status === 'rejected' && call.reason.reason)).toEqual(ids.map(() => 'duplicate_id'));
  expect(await tasks.query('SELECT pid FROM pg_stat_activity')).toEqual(expect.arrayContaining(used));
  expect(await tasks.query('SELECT count(*)::int AS tasks FROM tasks')).toEqual([{ tasks: 100 }]);
});

test('a task without an id gets an id of its own', async () => {
  await using tasks = await useTasks();
  const made = await Promise.all(Array.from({ length: 20 }, () => tasks.client.createTask({ title: 'One' }, as('acme'))));
  expect(new Set(made.map(({ data }) => data?.id)).size).toBe(20);
});

test('the admin must name an organization that exists', async () => {
  await using tasks = await useTasks();
  const refusal = { reason: 'invalid_argument', info: { field: 'organization_id' } };
  await expect(tasks.client.createTask({ title: 'One' }, as('admin'))).rejects.toMatchObject(refusal);
  await expect(tasks.client.createTask({ title: 'One', organizationId: 'initech' }, as('admin'))).rejects.toMatchObject({
    ...refusal,
    message: expect.stringContaining('make a key for it first'),
  });
  const { data } = await tasks.client.createTask({ title: 'One', organizationId: 'acme' }, as('admin'));
  expect(data).toMatchObject({ organizationId: 'acme', createdBy: 'admin' });
});

test('equal simultaneous requests with one idempotency key create one task, and all get it as their answer', async () => {
  await using tasks = await useTasks();
  for (const id of [undefined, 'one']) {
    const request = { title: 'Once', ...(id !== undefined && { id }) };
    const answers = await Promise.all(Array.from({ length: 5 }, () => tasks.client.createTask(request, as('acme', `key for ${id}`))));
    expect(new Set(answers.map(({ data }) => data?.id)).size).toBe(1);
  }
  const counts = '(SELECT count(*)::int FROM tasks) AS tasks, (SELECT count(*)::int FROM task_events) AS events';
  expect(await tasks.query(`SELECT ${counts}, (SELECT count(*)::int FROM unpublished) AS queued`)).toEqual([{ tasks: 2, events: 2, queued: 2 }]);
});

test('a refused or repeated request is no error in the database, and changes nothing', async () => {
  await using tasks = await useTasks();
  const { database } = tasks;
  const task = { organizationId: 'acme', id: 'one', createdBy: 'test', content: { title: 'One', held: false } };
  const digest = Buffer.from('a request');
  expect(await insertTask(database, ['acme', 'k', digest], task)).toMatchObject({ id: 'one' });
  expect(await insertTask(database, ['acme', null, null], task)).toBeNull();
  expect(await insertTask(database, ['acme', 'k', digest], { ...task, id: 'two' })).toBeNull();
  expect(await tasks.query('SELECT (SELECT count(*)::int FROM tasks) AS tasks, (SELECT count(*)::int FROM task_events) AS events')).toEqual([
    { tasks: 1, events: 1 },
  ]);
});

test('a repeat with an idempotency key gets the task as it is now', async () => {
  await using tasks = await useTasks();
  const { data } = await tasks.client.createTask({ title: 'Old' }, as('acme', 'k'));
  await tasks.client.updateTask({ taskId: data?.id ?? '', title: 'New' }, as('acme'));
  const repeat = await tasks.client.createTask({ title: 'Old' }, as('acme', 'k'));
  expect(repeat.data).toMatchObject({ id: data?.id, title: 'New' });
});

test('an idempotency key is refused for another request, and belongs to its caller', async () => {
  await using tasks = await useTasks();
  await tasks.client.createTask({ title: 'One' }, as('acme', 'k'));
  await expect(tasks.client.createTask({ title: 'Two' }, as('acme', 'k'))).rejects.toMatchObject({ reason: 'idempotency_key_reused' });
  await tasks.client.createTask({ title: 'Two' }, as('globex', 'k'));
  await tasks.client.createTask({ title: 'Two', organizationId: 'acme' }, as('admin', 'k'));
  expect(await tasks.query('SELECT count(*)::int AS tasks FROM tasks')).toEqual([{ tasks: 3 }]);
});

test('a refused request leaves its idempotency key free', async () => {
  await using tasks = await useTasks();
  await tasks.client.createTask({ id: 'taken', title: 'One' }, as('acme'));
  await expect(tasks.client.createTask({ id: 'taken', title: 'Two' }, as('acme', 'k'))).rejects.toMatchObject({ reason: 'duplicate_id' });
  expect((await tasks.client.createTask({ id: 'free', title: 'Two' }, as('acme', 'k'))).data?.id).toBe('free');
});

test('every value that the rules allow is stored exactly', async () => {
  await using tasks = await useTasks();
  const text = (maxLength: number) => string({ unit: 'grapheme', minLength: 1, maxLength }).filter((value) => !value.includes('\0'));
  const input = option(oneof(double({ min: 0, max: 10, noNaN: true }), constant(Number.MIN_VALUE)), { nil: undefined });
  const request = record({
    title: text(100),
    description: text(100),
    owner: text(50),
    notes: constant(`'; DROP TABLE tasks; -- \\ $1 ? "`),
    rev: input,
    sec: input,
    stab: input,
    effort: option(double({ min: Number.MIN_VALUE, max: 100, noNaN: true }), { nil: undefined }),
  });
  await assert(
    asyncProperty(request, async ({ rev, sec, stab, effort, ...texts }) => {
      const asked = { ...texts, ...Object.fromEntries(Object.entries({ rev, sec, stab, effort }).filter(([, value]) => value !== undefined)) };
      const { data } = await tasks.client.createTask(asked, as('acme'));
      const read = await tasks.client.getTask({ taskId: data?.id ?? '' }, as('acme'));
      for (const answer of [data, read.data])
        expect(JSON.parse(JSON.stringify(answer, bigintAsText))).toMatchObject(JSON.parse(JSON.stringify(asked)));
    }),
    { numRuns: 60 },
  );
});

const bigintAsText = (_key: string, value: unknown) => (typeof value === 'bigint' ? String(value) : value);
