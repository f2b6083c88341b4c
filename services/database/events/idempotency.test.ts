import { useDatabase } from '@dispatcher/testing/harness/use-database.ts';
import { expect, test } from 'vitest';
import { openDatabase } from '../connection/database.ts';
import { isFirstRequest } from './event-log.ts';
import type { IdempotencyKeys, RequestIdentity } from './idempotency.ts';

const insertSql = `
INSERT INTO task_events (organization_id, task_id, type, attempt, title, status, stage, score, caller, idempotency_key, request_digest)
SELECT 'acme', $4, 'task.created', 0, 'One', 'pending', 'build', 0, $1, $2, $3 WHERE ${isFirstRequest} RETURNING task_id`;

/** Two processes on one database. Each logs an event for a request. */
async function useTwoProcesses() {
  await using resources = new AsyncDisposableStack();
  const { url } = resources.use(await useDatabase());
  const { pool, idempotencyKeys: one } = resources.use(await openDatabase(url));
  const { idempotencyKeys: another } = resources.use(await openDatabase(url));
  const logEvent = async (keys: IdempotencyKeys, identity: RequestIdentity, taskId: string) =>
    await keys.once(
      identity,
      async () => (await pool.query<{ task_id: string }>(insertSql, [...identity, taskId])).rows[0]?.task_id ?? null,
      (kept) => Promise.resolve(kept.taskId),
    );
  const started = resources.move();
  return {
    one,
    another,
    logEvent,
    countEvents: async () => (await pool.query('SELECT FROM task_events')).rowCount,
    [Symbol.asyncDispose]: () => started.disposeAsync(),
  };
}

const identity: RequestIdentity = ['acme', 'key-1', Buffer.from('one')];

test('one of several simultaneous requests with one key has an effect, and all get its answer, also in several processes', async () => {
  await using system = await useTwoProcesses();
  const requests = Array.from({ length: 20 }, (_, i) => ({ keys: i % 2 ? system.one : system.another, taskId: `t${i}` }));
  const answers = await Promise.all(requests.map(({ keys, taskId }) => system.logEvent(keys, identity, taskId)));
  expect(new Set(answers).size).toBe(1);
  expect(await system.countEvents()).toBe(1);
});

test('a key that was used for another request is refused, and every request without a key has its effect', async () => {
  await using system = await useTwoProcesses();
  const { one: keys } = system;
  await system.logEvent(keys, identity, 't1');
  const other: RequestIdentity = ['acme', 'key-1', Buffer.from('another')];
  await expect(system.logEvent(keys, other, 't2')).rejects.toMatchObject({ reason: 'idempotency_key_reused' });
  for (const taskId of ['t3', 't4']) expect(await system.logEvent(keys, ['acme', null, null], taskId)).toBe(taskId);
  expect(await system.logEvent(keys, ['globex', 'key-1', Buffer.from('another')], 't5')).toBe('t5');
  expect(await system.countEvents()).toBe(4);
});

test('a request that failed or changed nothing leaves its key free', async () => {
  await using system = await useTwoProcesses();
  const { one: keys } = system;
  const replay = () => Promise.resolve('replayed');
  await expect(keys.once(identity, () => Promise.reject(new Error('broken')), replay)).rejects.toThrow('broken');
  expect(await keys.once(identity, () => Promise.resolve(null), replay)).toBeNull();
  expect(await system.logEvent(keys, identity, 't1')).toBe('t1');
});
