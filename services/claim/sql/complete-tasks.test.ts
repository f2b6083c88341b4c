import type { RequestIdentity } from '@dispatcher/database/events/idempotency.ts';
import { type TestClaims, useClaims } from '@dispatcher/testing/services/use-claims.ts';
import { expect, test } from 'vitest';
import { type CompleteItem, completeTasks } from './complete-tasks.ts';

/** Creates and claims tasks with these names, in this order. Returns what ends each claim. */
async function claimed(claims: TestClaims, ids: readonly string[], organizationId = 'acme'): Promise<CompleteItem[]> {
  const items: CompleteItem[] = [];
  for (const taskId of ids) {
    await claims.insertTask(taskId, { organization_id: organizationId });
    const { data } = await claims.client(organizationId).claimTask({ taskId, agent: 'ann' });
    items.push(done(organizationId, taskId, data?.claim?.claimToken ?? ''));
  }
  return items;
}

const done = (
  organizationId: string,
  taskId: string,
  claimToken: string,
  identity: RequestIdentity = [organizationId, null, null],
): CompleteItem => ({
  identity,
  holder: { organizationId, taskId, claimToken, agent: null, caller: organizationId },
  completion: { notes: `notes of ${taskId}`, prUrls: null, commits: [taskId, 'c2'] },
});

test('each item gets its own task, whatever the order, and each event names its own caller', async () => {
  await using claims = await useClaims();
  const items = [...(await claimed(claims, ['t3', 't1', 't2'])), ...(await claimed(claims, ['t1', 't0'], 'globex'))];
  const rows = await completeTasks(claims.database.pool, items);
  expect(rows.map((row) => row && [row.organizationId, row.id, row.status, row.notes, row.commits])).toEqual(
    items.map(({ holder: { organizationId, taskId } }) => [organizationId, taskId, 'done', `notes of ${taskId}`, [taskId, 'c2']]),
  );
  const { rows: events } = await claims.database.pool.query(
    `SELECT organization_id, caller, actor, count(*)::integer FROM task_events WHERE type = 'task.completed' GROUP BY 1, 2, 3 ORDER BY 1`,
  );
  expect(events).toEqual([
    { organization_id: 'acme', caller: 'acme', actor: 'ann', count: 3 },
    { organization_id: 'globex', caller: 'globex', actor: 'ann', count: 2 },
  ]);
});

test('an item is skipped when its claim is over, unknown or of another organization, and the other items are done', async () => {
  await using claims = await useClaims();
  const [first, late, other, last] = await claimed(claims, ['t1', 't2', 't3', 't4']);
  await claims.database.pool.query(`UPDATE tasks SET expires_at = clock_timestamp() - interval '1 second' WHERE id = 't2'`);
  const foreign = done('globex', 't3', other?.holder.claimToken ?? '');
  const items = [first, late, foreign, done('acme', 't3', 'wrong'), done('acme', 'unknown', 'x'), last].flatMap((item) => item ?? []);
  const rows = await completeTasks(claims.database.pool, items);
  expect(rows.map((row) => row?.id ?? null)).toEqual(['t1', null, null, null, null, 't4']);
  expect([await claims.events('t2'), await claims.events('t3')]).toEqual([['task.claimed'], ['task.claimed']]);
});

test('two items for one task complete it once, and so do two items with one idempotency key', async () => {
  await using claims = await useClaims();
  const [one, two] = await claimed(claims, ['t1', 't2']);
  const keyed = (item: CompleteItem | undefined): CompleteItem[] =>
    item ? [{ ...item, identity: ['acme', 'key', Buffer.from(item.holder.taskId)] }] : [];
  expect((await completeTasks(claims.database.pool, [...keyed(one), ...keyed(one)])).map((row) => row?.id ?? null)).toEqual(['t1', null]);
  expect(await completeTasks(claims.database.pool, keyed(two))).toEqual([undefined]);
  expect(await claims.events('t1')).toEqual(['task.claimed', 'task.completed']);
  expect(await claims.events('t2')).toEqual(['task.claimed']);
});

test('a task that another transaction has locked is skipped, and done once it is free', async () => {
  await using claims = await useClaims();
  const [one, two] = await claimed(claims, ['t1', 't2']);
  const items = [one, two].flatMap((item) => item ?? []);
  const client = await claims.database.pool.connect();
  await client.query(`BEGIN; SELECT FROM tasks WHERE id = 't1' FOR UPDATE`);
  const answers = items.map((item) => claims.dependencies.statements.complete.run(item));
  expect((await answers[1])?.status).toBe('done');
  await client.query('COMMIT');
  client.release();
  expect((await answers[0])?.status).toBe('done');
});

test('concurrent requests get the answers that they would get one after the other', async () => {
  await using claims = await useClaims();
  const items = await claimed(claims, ['t1', 't2', 't3']);
  const requests = items.map(({ holder: { taskId, claimToken } }) => ({ taskId, claimToken: claimToken ?? '' }));
  const client = claims.client('acme');
  const answers = await Promise.allSettled([
    ...requests.map((request) => client.completeTask(request)),
    client.completeTask(requests[0] ?? {}),
    client.completeTask({ taskId: 't2', claimToken: 'stale' }),
    client.completeTask({ taskId: 'none', claimToken: 'stale' }),
    claims.client('globex').completeTask(requests[2] ?? {}),
  ]);
  const words = answers.map((answer) => (answer.status === 'fulfilled' ? answer.value.data?.status : answer.reason.reason));
  expect(words.slice(0, 4)).toEqual(['done', 'done', 'done', 'done']);
  expect(['claim_lost', 'already_done']).toContain(words[4]);
  expect(words.slice(5)).toEqual(['not_found', 'not_found']);
  for (const id of ['t1', 't2', 't3']) expect(await claims.events(id)).toEqual(['task.claimed', 'task.completed']);
});
