import type { RequestIdentity } from '@dispatcher/database/events/idempotency.ts';
import { type TestClaims, useClaims } from '@dispatcher/testing/services/use-claims.ts';
import { expect, test } from 'vitest';
import type { ClaimFilter } from './claim-next-task.ts';
import { type ClaimNextItem, claimNextTasks } from './claim-next-tasks.ts';

let tokens = 0;
const item = (filter: Partial<ClaimFilter>, agent = 'ann', identity: RequestIdentity = ['acme', null, null]): ClaimNextItem => {
  tokens += 1;
  return {
    identity,
    filter: { organizationId: 'acme', stage: 'build', ...filter },
    claimer: { agent, claimToken: `token-${tokens}`, leaseSeconds: 60 },
  };
};

async function take(claims: TestClaims, items: readonly ClaimNextItem[]): Promise<(string | null)[]> {
  return (await claimNextTasks(claims.database.pool, items)).map((row) => (row ? `${row.organizationId} ${row.id}` : null));
}

test('each organization gets its own first tasks in the order, and each caller its own claim', async () => {
  await using claims = await useClaims();
  for (const [id, rank] of [
    ['low', 1],
    ['high', 3],
    ['middle', 2],
  ] as const) {
    await claims.insertTask(id, { rank });
    await claims.insertTask(id, { rank: -rank, organization_id: 'globex' });
  }
  const items = [item({}, 'ann'), item({ organizationId: 'globex' }, 'bob', ['globex', 'k', Buffer.from('d')]), item({}, 'cid')];
  const rows = await claimNextTasks(claims.database.pool, items);
  expect(rows.map((row) => row?.id)).toEqual(expect.arrayContaining(['high', 'middle', 'low']));
  expect(rows[1]).toMatchObject({ organizationId: 'globex', id: 'low' });
  expect([rows[0]?.id, rows[2]?.id].sort()).toEqual(['high', 'middle']);
  for (const [i, { claimer }] of items.entries())
    expect(rows[i]).toMatchObject({ agent: claimer.agent, claimToken: claimer.claimToken, attempts: 1 });
  const { rows: events } = await claims.database.pool.query(
    'SELECT task_id, actor, caller, idempotency_key, claim_token FROM task_events ORDER BY caller, actor',
  );
  expect(events).toEqual(
    items
      .map(({ identity, claimer }, i) => ({
        task_id: rows[i]?.id,
        actor: claimer.agent,
        caller: identity[0],
        idempotency_key: identity[1],
        claim_token: claimer.claimToken,
      }))
      .sort((a, b) => `${a.caller} ${a.actor}`.localeCompare(`${b.caller} ${b.actor}`)),
  );
});

test('callers who want different owners, stages or projects share a statement and get what they want', async () => {
  await using claims = await useClaims();
  await claims.insertTask('bills', { owner: 'bill' });
  await claims.insertTask('anns', { owner: 'ann', project: 'web' });
  await claims.insertTask('merge', { owner: 'ann', stage: 'merge' });
  const wanted = [
    item({ owner: 'ann' }),
    item({ owner: 'bill' }),
    item({ owner: 'nobody' }),
    item({ owner: 'ann', stage: 'merge' }),
    item({ owner: 'ann' }),
  ];
  const taken = await take(claims, wanted);
  expect(taken.slice(1, 4)).toEqual(['acme bills', null, 'acme merge']);
  expect([taken[0], taken[4]].sort()).toEqual(['acme anns', null]);
  expect(await take(claims, [item({ owner: 'ann', project: 'web' })])).toEqual([null]);
});

test('the admin takes the first tasks of all organizations', async () => {
  await using claims = await useClaims();
  await claims.insertTask('second', { rank: 2 });
  await claims.insertTask('first', { rank: 3, organization_id: 'globex' });
  await claims.insertTask('third', { rank: 1 });
  const taken = await take(claims, [item({ organizationId: undefined }), item({ organizationId: undefined })]);
  expect(taken.sort()).toEqual(['acme second', 'globex first']);
});

test('a repeat with a used idempotency key claims no task, and the other items still get theirs', async () => {
  await using claims = await useClaims();
  for (const id of ['t1', 't2', 't3']) await claims.insertTask(id);
  const identity: RequestIdentity = ['acme', 'key', Buffer.from('digest')];
  expect((await take(claims, [item({}, 'ann', identity)]))[0]).not.toBeNull();
  const taken = await take(claims, [item({}, 'ann', identity), item({}), item({}), item({})]);
  expect(taken[0]).toBeNull();
  expect(taken.filter((id) => id !== null)).toHaveLength(2);
});

test('a batch with two requests under one idempotency key is refused as a whole, and sent one by one only one of them claims', async () => {
  await using claims = await useClaims();
  for (const id of ['t1', 't2', 't3']) await claims.insertTask(id);
  const identity: RequestIdentity = ['acme', 'key', Buffer.from('digest')];
  const items = [item({}, 'ann', identity), item({}, 'bob', identity), item({}, 'cid')];
  await expect(claimNextTasks(claims.database.pool, items)).rejects.toThrow('task_events_idempotency');
  const answers = await Promise.allSettled(items.map((each) => claims.dependencies.statements.claimNext.run(each)));
  const rows = answers.map((answer) => (answer.status === 'fulfilled' ? answer.value : null));
  expect(rows.slice(0, 2).filter((row) => row !== null)).toHaveLength(1);
  expect(rows[2]).not.toBeNull();
  const { rowCount } = await claims.database.pool.query(`SELECT FROM task_events`);
  expect(rowCount).toBe(2);
});

test('simultaneous callers get all the tasks there are, whichever statement they use', async () => {
  await using claims = await useClaims();
  for (let i = 0; i < 40; i++) await claims.insertTask(`t${i}`, { owner: i % 2 ? 'ann' : 'bill', project: 'web', rank: i });
  const client = claims.client('acme');
  const wanted = Array.from({ length: 50 }, (_, i) => [{}, { owner: 'ann' }, { project: 'web' }, { owner: 'bill', project: 'web' }][i % 4]);
  const answers = await Promise.all(wanted.map((filter) => client.claimNextTask({ agent: 'ann', ...filter })));
  const taken = answers.flatMap(({ data }) => data?.task?.id ?? []);
  expect(new Set(taken).size).toBe(taken.length);
  const { rows } = await claims.database.pool.query(`SELECT count(*)::integer AS ready FROM tasks WHERE ready`);
  expect(taken.length + rows[0]?.ready).toBe(40);
  for (const [i, { data }] of answers.entries()) if (data) expect(data.task).toMatchObject(wanted[i] ?? {});
});

test('the two times of a new claim are equal, which shows that nobody has touched it', async () => {
  await using claims = await useClaims();
  await claims.database.pool.query(
    `INSERT INTO tasks (organization_id, id, title, created_by, rank) SELECT 'acme', i, i, 't', i FROM generate_series(1, 400) i`,
  );
  await claimNextTasks(
    claims.database.pool,
    Array.from({ length: 300 }, () => item({})),
  );
  for (let i = 0; i < 100; i++) await claims.dependencies.statements.claimNext.run(item({}));
  const { rows } = await claims.database.pool.query(
    `SELECT count(*)::integer AS claimed, count(*) FILTER (WHERE claimed_at <> last_heartbeat_at)::integer AS touched FROM tasks WHERE status = 'claimed'`,
  );
  expect(rows).toEqual([{ claimed: 400, touched: 0 }]);
});

test('a caller who leaves before its request is sent gets no claim', async () => {
  await using claims = await useClaims();
  for (const id of ['t1', 't2']) await claims.insertTask(id);
  const caller = new AbortController();
  const left = claims.dependencies.statements.claimNext.run(item({}), caller.signal);
  const stays = claims.dependencies.statements.claimNext.run(item({}));
  caller.abort();
  await expect(left).rejects.toMatchObject({ reason: 'unavailable' });
  expect(await stays).not.toBeNull();
  expect((await claims.database.pool.query(`SELECT FROM task_events`)).rowCount).toBe(1);
});

test('a statement claims one of the tasks with the same concurrency key, whatever its callers want, and no caller fails', async () => {
  await using claims = await useClaims();
  for (const [id, owner, key] of [
    ['one', 'ann', 'k'],
    ['two', 'bob', 'k'],
    ['three', 'ann', 'k'],
    ['four', 'bob', 'l'],
    ['free', 'ann', null],
  ] as const)
    await claims.insertTask(id, { owner, concurrency_key: key });
  await claims.insertTask('one', { owner: 'bob', concurrency_key: 'k', organization_id: 'globex' });
  const wanted = ['ann', 'bob', 'ann', 'bob'].map((owner) => item({ owner }));
  const taken = (await take(claims, [...wanted, item({ owner: 'bob', organizationId: 'globex' })])).filter((id) => id !== null);
  expect(taken).toContain('globex one');
  expect(taken.filter((id) => /acme (one|two|three)/.test(id))).toHaveLength(1);
  expect(await take(claims, [item({ owner: 'ann' }), item({ owner: 'ann' })])).not.toContain('acme one');
});
