import { as, type TestTasks, useTasks } from '@dispatcher/testing/services/use-tasks.ts';
import { array, assert, asyncProperty, constantFrom, integer, nat, record, string } from 'fast-check';
import { expect, test } from 'vitest';

const ids = async (tasks: TestTasks, request: Parameters<TestTasks['client']['listTasks']>[0], caller = 'acme') =>
  (await tasks.client.listTasks({ limit: 200, ...request }, as(caller))).data.map(({ organizationId, id }) =>
    caller === 'admin' ? `${organizationId}/${id}` : id,
  );

test('the highest score comes first, then the oldest', async () => {
  await using tasks = await useTasks();
  for (const [id, rev] of Object.entries({ low: 1, none: 0, high: 9, lowToo: 1 }))
    await tasks.client.createTask({ id: id.toLowerCase(), title: id, rev }, as('acme'));
  expect(await ids(tasks, {})).toEqual(['high', 'low', 'lowtoo', 'none']);
});

test('a list has only the tasks that match all filters', async () => {
  await using tasks = await useTasks();
  const bill = { owner: 'bill', milestone: 'v1', layer: 'core', project: 'web' };
  await tasks.client.createTask({ id: 'bills', title: 'One', ...bill }, as('acme'));
  await tasks.client.createTask({ id: 'anyones', title: 'Two', held: true }, as('acme'));
  await tasks.query("UPDATE tasks SET stage = 'merge', status = 'done', completed_at = clock_timestamp() WHERE id = 'bills'");
  for (const [name, value] of Object.entries({ ...bill, stage: 'merge', status: 'done', held: false }))
    expect(await ids(tasks, { [name]: value })).toEqual(['bills']);
  for (const filter of [{ stage: 'build' }, { status: 'pending' }, { held: true }]) expect(await ids(tasks, filter)).toEqual(['anyones']);
  expect(await ids(tasks, { ...bill, held: true })).toEqual([]);
});

test('filters that contradict each other match nothing', async () => {
  await using tasks = await useTasks();
  await tasks.client.createTask({ id: 'held', title: 'Held', held: true }, as('acme'));
  for (const filter of [
    { held: true, ready: true },
    { status: 'done', ready: true },
    { status: 'done', held: true, ready: false },
  ])
    expect(await ids(tasks, filter)).toEqual([]);
  expect(await ids(tasks, { held: true, ready: true }, 'admin')).toEqual([]);
});

test('in_progress is another word for claimed', async () => {
  await using tasks = await useTasks();
  await tasks.client.createTask({ id: 'one', title: 'One' }, as('acme'));
  await tasks.client.createTask({ id: 'two', title: 'Two' }, as('acme'));
  await tasks.query(`UPDATE tasks SET status = 'claimed', agent = 'ada', claim_token = 't', lease_seconds = 60, claimed_at = clock_timestamp(),
    last_heartbeat_at = clock_timestamp(), expires_at = clock_timestamp() + interval '1 minute' WHERE id = 'two'`);
  expect(await ids(tasks, { status: 'in_progress' })).toEqual(['two']);
  expect(await ids(tasks, { status: 'claimed' })).toEqual(['two']);
});

test('the beginning of an id finds exactly the tasks whose ids begin with it', async () => {
  await using tasks = await useTasks();
  const all = ['a', 'a-b', 'a.b', 'a_b', 'ab', 'ab0', 'abz', 'abzz', 'b'];
  for (const id of all) await tasks.client.createTask({ id, title: 'One' }, as('acme'));
  await tasks.client.createTask({ id: 'abz', title: 'Theirs' }, as('globex'));
  for (const idPrefix of [...all, 'a-', 'a.', 'a_', 'abzzz'])
    expect((await ids(tasks, { idPrefix })).sort()).toEqual(all.filter((id) => id.startsWith(idPrefix)).sort());
  expect((await ids(tasks, { idPrefix: 'abz' }, 'admin')).sort()).toEqual(['acme/abz', 'acme/abzz', 'globex/abz']);
});

test('a list has no archived tasks and no tasks of other organizations', async () => {
  await using tasks = await useTasks();
  await tasks.client.createTask({ id: 'old', title: 'Old' }, as('acme'));
  await tasks.query('UPDATE tasks SET archived_at = clock_timestamp()');
  await tasks.client.createTask({ id: 'theirs', title: 'Theirs' }, as('globex'));
  await tasks.client.createTask({ id: 'ours', title: 'Ours' }, as('acme'));
  expect(await ids(tasks, {})).toEqual(['ours']);
  expect(await ids(tasks, {}, 'admin')).toEqual(['globex/theirs', 'acme/ours']);
  expect(await ids(tasks, { organizationId: 'acme' }, 'admin')).toEqual(['acme/ours']);
});

// Few scores, and times that differ by microseconds or not at all, so that every part of the order is tested.
const row = record({
  organization: constantFrom('acme', 'acme', 'globex'),
  rev: constantFrom(null, 0, 1, 2),
  micros: nat(3),
  days: constantFrom(0, 1, 14),
});

test('the pages together are the whole list in the order of rank, age and id', async () => {
  await using tasks = await useTasks();
  await assert(
    asyncProperty(array(row, { maxLength: 40 }), integer({ min: 1, max: 9 }), constantFrom('acme', 'admin'), async (rows, limit, caller) => {
      await tasks.query('TRUNCATE tasks');
      await tasks.query(insertRowsSql, [JSON.stringify(rows)]);
      const expected = await tasks.query<{ organization_id: string; id: string }>(wholeListSql, [caller]);
      const whole = expected.map(({ organization_id, id }) => (caller === 'admin' ? `${organization_id}/${id}` : id));
      expect(await ids(tasks, {}, caller)).toEqual(whole);
      expect(await byCursor(tasks, limit, caller)).toEqual(whole);
      expect(await ids(tasks, { offset: limit, limit }, caller)).toEqual(whole.slice(limit, 2 * limit));
    }),
    { numRuns: 40 },
  );
});

const insertRowsSql = `
INSERT INTO tasks (organization_id, id, title, created_by, rev, rank, created_at, updated_at)
SELECT r.organization, 'task-' || (n * 7 % 41), 'One', 'test', r.rev, task_rank(task_score(r.rev, null, null, null, null, null), at), at, at
FROM jsonb_array_elements($1::jsonb) WITH ORDINALITY AS given (item, n)
CROSS JOIN LATERAL jsonb_to_record(given.item) AS r (organization text, rev float8, micros integer, days integer)
CROSS JOIN LATERAL (SELECT timestamptz '2026-01-20 12:00Z' - r.days * interval '1 day' + r.micros * interval '1 microsecond' AS at) AS instant`;

const wholeListSql = `
SELECT organization_id, id FROM tasks WHERE $1 = 'admin' OR organization_id = $1 ORDER BY rank DESC, created_at, id, organization_id`;

async function byCursor(tasks: TestTasks, limit: number, caller: string): Promise<string[]> {
  const found: string[] = [];
  let cursor: string | undefined;
  do {
    const { data, meta } = await tasks.client.listTasks({ limit, ...(cursor !== undefined && { cursor }) }, as(caller));
    expect(meta).toMatchObject({ limit, offset: 0, hasMore: meta?.nextCursor !== undefined });
    found.push(...data.map(({ organizationId, id }) => (caller === 'admin' ? `${organizationId}/${id}` : id)));
    cursor = meta?.nextCursor;
  } while (cursor !== undefined);
  return found;
}

test('a page has 20 tasks by default', async () => {
  await using tasks = await useTasks();
  for (let i = 0; i < 21; i++) await tasks.client.createTask({ title: 'One' }, as('acme'));
  const { data, meta } = await tasks.client.listTasks({}, as('acme'));
  expect(data).toHaveLength(20);
  expect(meta).toMatchObject({ limit: 20, hasMore: true });
});

test('a page of large tasks ends early, and the next page begins where it ended', async () => {
  await using tasks = await useTasks();
  await tasks.query(`
    INSERT INTO tasks (organization_id, id, title, created_by, rank, description, notes, context_handoff)
    SELECT CASE WHEN n % 2 = 0 THEN 'acme' ELSE 'globex' END, 'task-' || n, 'Large', 'test', 0, t, t, t
    FROM generate_series(1, 200) AS n CROSS JOIN (SELECT repeat('x', 65536) AS t) AS text`);
  for (const [caller, count] of [
    ['acme', 100],
    ['admin', 200],
  ] as const) {
    const { data, meta } = await tasks.client.listTasks({ limit: 200 }, as(caller));
    expect(data).toHaveLength(21);
    expect(meta).toMatchObject({ limit: 200, hasMore: true });
    const found = await byCursor(tasks, 200, caller);
    expect([found.length, new Set(found).size]).toEqual([count, count]);
  }
});

test('an invented cursor is refused, and none causes an error in the database', async () => {
  await using tasks = await useTasks();
  await tasks.client.createTask({ title: 'One' }, as('acme'));
  const part = constantFrom('-Infinity', 'Infinity', '1e-99', '-0', '999999999999999', '999999999999999999', '0', 'a', "'", 'NaN', '1e999', '-1', '');
  const made = array(part, { minLength: 3, maxLength: 5 }).map((parts) => Buffer.from(JSON.stringify(parts)).toString('base64url'));
  const attempt = async (cursor: string) => {
    const refusal = await tasks.client.listTasks({ cursor }, as('acme')).then(
      () => null,
      (error: unknown) => error,
    );
    if (refusal !== null) expect(refusal).toMatchObject({ reason: 'invalid_argument', info: { field: 'cursor' } });
  };
  await assert(asyncProperty(made, attempt), { numRuns: 300 });
  await assert(
    asyncProperty(
      string({ minLength: 1, maxLength: 50 }).filter((text) => !text.includes('\0')),
      attempt,
    ),
    { numRuns: 50 },
  );
});

test('a cursor and an offset exclude each other', async () => {
  await using tasks = await useTasks();
  for (let i = 0; i < 2; i++) await tasks.client.createTask({ title: 'One' }, as('acme'));
  const { meta } = await tasks.client.listTasks({ limit: 1 }, as('acme'));
  const both = tasks.client.listTasks({ cursor: meta?.nextCursor ?? '', offset: 1 }, as('acme'));
  await expect(both).rejects.toMatchObject({ reason: 'invalid_argument', info: { field: 'offset' } });
});
