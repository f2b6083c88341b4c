import { as, type TestTasks, useTasks } from '@dispatcher/testing/services/use-tasks.ts';
import { expect, test, vi } from 'vitest';

const written = { id: 'one', title: 'One', description: 'All of it.', owner: 'bill', layer: 'core', rev: 3, effort: 4, notes: 'soon' };

async function useTask(): Promise<TestTasks> {
  const tasks = await useTasks();
  await tasks.client.createTask(written, as('acme'));
  return tasks;
}

const claimSql = `UPDATE tasks SET status = 'claimed', attempts = 3, failed_claims = 2, agent = 'ada', claim_token = 't', lease_seconds = 60,
  claimed_at = clock_timestamp(), last_heartbeat_at = clock_timestamp(), expires_at = clock_timestamp() + interval '1 minute'`;

const waitingSql = "SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'";

const eventCount = async (tasks: TestTasks) => (await tasks.query('SELECT FROM task_events')).length;

test('given fields are written, absent fields stay, and the score and the rank are computed again', async () => {
  await using tasks = await useTask();
  const { data } = await tasks.client.updateTask({ taskId: 'one', title: 'New', effort: 2, held: true }, as('acme'));
  expect(data).toMatchObject({ ...written, title: 'New', effort: 2, held: true, score: 4.5, effectiveScore: 4.5 });
  expect(data?.updatedAt).not.toEqual(data?.createdAt);
  expect(await tasks.query('SELECT rank = task_rank(score, updated_at) AS follows FROM tasks')).toEqual([{ follows: true }]);
});

test('the event has the values before and after the change', async () => {
  await using tasks = await useTask();
  await tasks.client.updateTask({ taskId: 'one', owner: 'ann', layer: 'ops' }, as('acme', 'k'));
  const columns =
    'actor, owner, layer, status_before, owner_before, layer_before, idempotency_key, id IN (SELECT event_id FROM unpublished) AS queued';
  expect(await tasks.query(`SELECT ${columns} FROM task_events WHERE type = 'task.updated'`)).toEqual([
    {
      actor: 'key:acme key',
      owner: 'ann',
      layer: 'ops',
      status_before: 'pending',
      owner_before: 'bill',
      layer_before: 'core',
      idempotency_key: 'k',
      queued: true,
    },
  ]);
});

test('a path in the mask whose field is absent clears it, and a field outside the mask stays', async () => {
  await using tasks = await useTask();
  const { data } = await tasks.client.updateTask(
    { taskId: 'one', title: 'New', owner: 'ann', updateMask: { paths: ['owner', 'rev', 'notes'] } },
    as('acme'),
  );
  expect(data).toMatchObject({ title: 'One', owner: 'ann', score: 0 });
  expect(data?.rev).toBeUndefined();
  expect(data?.notes).toBeUndefined();
});

test('a field that cannot be cleared or changed is refused by its name', async () => {
  await using tasks = await useTask();
  for (const path of ['title', 'held', 'status', 'task_id', 'claim_token', 'archived_at', '*', '__proto__', 'constructor']) {
    const refused = tasks.client.updateTask({ taskId: 'one', owner: 'ann', updateMask: { paths: ['owner', path] } }, as('acme'));
    await expect(refused).rejects.toMatchObject({ reason: 'invalid_argument', info: { field: path } });
  }
  expect(await eventCount(tasks)).toBe(1);
});

test('a wrong path of any length and any characters is refused with an error that fits in a header', async () => {
  await using tasks = await useTask();
  const refused = tasks.client.updateTask({ taskId: 'one', updateMask: { paths: [`${'x'.repeat(99)}\u{1F600}${'y'.repeat(100_000)}`] } }, as('acme'));
  await expect(refused).rejects.toMatchObject({ reason: 'invalid_argument', info: { field: `${'x'.repeat(99)}\uFFFD` } });
});

test('a change to the same values returns the task as it is, without an event', async () => {
  await using tasks = await useTask();
  const before = await tasks.client.getTask({ taskId: 'one' }, as('acme'));
  const { id: taskId, ...same } = written;
  for (const request of [{}, same, { updateMask: { paths: [] }, title: 'Unnamed' }, { updateMask: { paths: ['milestone'] } }]) {
    expect((await tasks.client.updateTask({ taskId, ...request }, as('acme'))).data).toEqual(before.data);
  }
  expect(await eventCount(tasks)).toBe(1);
  expect(tasks.published()).toBe(1);
});

test('a change of an archived or unknown task is refused', async () => {
  await using tasks = await useTask();
  await tasks.query('UPDATE tasks SET archived_at = clock_timestamp()');
  await expect(tasks.client.updateTask({ taskId: 'one', title: 'New' }, as('acme'))).rejects.toMatchObject({ reason: 'archived' });
  for (const caller of ['globex', 'admin']) {
    await expect(tasks.client.updateTask({ taskId: 'two', title: 'New' }, as(caller))).rejects.toMatchObject({ reason: 'not_found' });
  }
  await expect(tasks.client.updateTask({ taskId: 'one', title: 'New' }, as('globex'))).rejects.toMatchObject({ reason: 'not_found' });
  expect(await eventCount(tasks)).toBe(1);
});

test('the end of a hold sets the failed claims to zero, and no other change does', async () => {
  await using tasks = await useTask();
  await tasks.query('UPDATE tasks SET held = true, failed_claims = 5');
  const failedClaims = () => tasks.query('SELECT failed_claims FROM tasks');
  await tasks.client.updateTask({ taskId: 'one', title: 'New', held: true }, as('acme'));
  expect(await failedClaims()).toEqual([{ failed_claims: 5 }]);
  await tasks.client.updateTask({ taskId: 'one', held: false }, as('acme'));
  expect(await failedClaims()).toEqual([{ failed_claims: 0 }]);
});

test('a change of any field leaves the claim as it is', async () => {
  await using tasks = await useTask();
  await tasks.query(
    `${claimSql}, branch = 'b', pr_urls = '{p}', commits = '{c}', release_reason = 'timeout', context_handoff = 'h', stage = 'merge'`,
  );
  const claimColumns = `status, stage, available_at, ready, attempts, failed_claims, agent, claim_token, lease_seconds, claimed_at, last_heartbeat_at,
    expires_at, branch, pr_urls, commits, release_reason, context_handoff, completed_at, archived_at`;
  const before = await tasks.query(`SELECT ${claimColumns} FROM tasks`);
  const everything = { title: 'New', description: 'd', project: 'p', owner: 'o', milestone: 'm', layer: 'ops', notes: 'n', held: true };
  const inputs = { rev: 1, use: 2, ts: 3, sec: 4, stab: 5, effort: 6 };
  const { data } = await tasks.client.updateTask({ taskId: 'one', ...everything, ...inputs }, as('acme'));
  expect(data).toMatchObject({ ...everything, ...inputs, status: 'claimed', claim: { agent: 'ada' } });
  expect(await tasks.query(`SELECT ${claimColumns} FROM tasks`)).toEqual(before);
});

test('a change waits for a claim that runs at the same time, and both happen completely', async () => {
  await using tasks = await useTask();
  const claimer = await tasks.database.pool.connect();
  try {
    await claimer.query('BEGIN');
    await claimer.query(claimSql);
    const change = tasks.client.updateTask({ taskId: 'one', title: 'New', rev: 10 }, as('acme'));
    await vi.waitFor(async () => expect(await tasks.query(waitingSql)).toHaveLength(1));
    await claimer.query('COMMIT');
    expect((await change).data).toMatchObject({ title: 'New', rev: 10, score: 7.5, status: 'claimed', attempts: 3, claim: { agent: 'ada' } });
  } finally {
    claimer.release();
  }
  expect(await tasks.query("SELECT status_before, status, attempt FROM task_events WHERE type = 'task.updated'")).toEqual([
    { status_before: 'claimed', status: 'claimed', attempt: 3 },
  ]);
});

test('simultaneous changes of different fields are all stored', async () => {
  await using tasks = await useTask();
  const changes = [{ title: 'New' }, { rev: 10 }, { sec: 5 }, { stab: 1 }, { use: 2 }, { effort: 8 }, { owner: 'ann' }, { notes: 'now' }];
  await Promise.all(changes.map((change) => tasks.client.updateTask({ taskId: 'one', ...change }, as('acme'))));
  const { data } = await tasks.client.getTask({ taskId: 'one' }, as('acme'));
  expect(data).toMatchObject({ ...Object.assign({}, ...changes), score: (30 + 4 + 20 + 2) / 8 });
  expect(await tasks.query('SELECT rank = task_rank(score, updated_at) AS follows FROM tasks')).toEqual([{ follows: true }]);
  expect(await eventCount(tasks)).toBe(1 + changes.length);
});

test('equal simultaneous requests with one idempotency key change the task once', async () => {
  await using tasks = await useTask();
  await Promise.all(Array.from({ length: 5 }, () => tasks.client.updateTask({ taskId: 'one', title: 'New' }, as('acme', 'k'))));
  expect(await eventCount(tasks)).toBe(2);
});

test('a repeat with an idempotency key does not undo later changes', async () => {
  await using tasks = await useTask();
  await tasks.client.updateTask({ taskId: 'one', title: 'New' }, as('acme', 'k'));
  await tasks.client.updateTask({ taskId: 'one', title: 'Newer' }, as('acme'));
  expect((await tasks.client.updateTask({ taskId: 'one', title: 'New' }, as('acme', 'k'))).data?.title).toBe('Newer');
  await tasks.query('UPDATE tasks SET archived_at = clock_timestamp()');
  expect((await tasks.client.updateTask({ taskId: 'one', title: 'New' }, as('acme', 'k'))).data?.title).toBe('Newer');
  await expect(tasks.client.updateTask({ taskId: 'one', title: 'Other' }, as('acme', 'k'))).rejects.toMatchObject({
    reason: 'idempotency_key_reused',
  });
});
