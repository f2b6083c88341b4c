import { onBehalfOf } from '@dispatcher/kit/admission/on-behalf-of.ts';
import { useDatabase } from '@dispatcher/testing/harness/use-database.ts';
import { expect, test, vi } from 'vitest';
import { Pool } from './pool.ts';

async function usePool(size: number) {
  const database = await useDatabase();
  const pool = new Pool(database.url, size);
  const serverProcess = async () => (await pool.query<{ pid: number }>('SELECT pg_backend_pid() AS pid')).rows[0]?.pid;
  return {
    pool,
    /** The id of the server process of a connection. */
    serverProcess,
    async [Symbol.asyncDispose]() {
      await pool.end();
      await database[Symbol.asyncDispose]();
    },
  };
}

test('a failed statement leaves its connection open, with its prepared statements', async () => {
  await using database = await usePool(1);
  const { pool, serverProcess } = database;
  await pool.query('CREATE TABLE numbers (n integer PRIMARY KEY)');
  const before = await serverProcess();
  const insert = (n: unknown) => pool.query({ name: 'insert', text: 'INSERT INTO numbers VALUES ($1)', values: [n] });
  await insert(1);
  for (const value of [1, 'one', '99999999999']) await expect(insert(value)).rejects.toThrow();
  await expect(pool.query('SELECT 1 / 0')).rejects.toThrow('division by zero');
  await expect(pool.query('no SQL')).rejects.toThrow('syntax error');
  await expect(pool.query({ name: 'wrong', text: 'SELECT nothing' })).rejects.toThrow('nothing');
  await insert(2);
  expect(await serverProcess()).toBe(before);
});

test('a connection that breaks during a statement, or while it is idle, is replaced', async () => {
  await using database = await usePool(1);
  const { pool, serverProcess } = database;
  await using killer = await usePool(1);
  const kill = (pid: unknown) => killer.pool.query('SELECT pg_terminate_backend($1)', [pid]);
  const first = await serverProcess();
  const broken = expect(pool.query('SELECT pg_sleep(10)')).rejects.toThrow();
  const isRunning = async () => (await killer.pool.query(`SELECT FROM pg_stat_activity WHERE pid = $1 AND query ~ 'pg_sleep'`, [first])).rowCount;
  await vi.waitFor(async () => expect(await isRunning()).toBe(1));
  await kill(first);
  await broken;
  const second = await serverProcess();
  expect(second).not.toBe(first);
  await kill(second);
  await vi.waitFor(async () => expect(await serverProcess()).not.toBe(second));
});

test('the connection closes when the driver gives up waiting for a statement', async () => {
  await using database = await usePool(1);
  const { pool, serverProcess } = database;
  const before = await serverProcess();
  await expect(pool.query(Object.assign({ text: 'SELECT pg_sleep(10)' }, { query_timeout: 50 }))).rejects.toThrow('Query read timeout');
  expect(await serverProcess()).not.toBe(before);
});

test('a statement is refused when no connection becomes free in time', async () => {
  await using database = await usePool(1);
  const { pool } = database;
  const taken = await pool.connect();
  await expect(pool.query('SELECT 1')).rejects.toThrow('timeout exceeded when trying to connect');
  taken.release();
  expect((await pool.query('SELECT 1 AS one')).rows).toEqual([{ one: 1 }]);
});

test('a statement in flight fails at once when the signal fires, the next one is refused, and the pool ends', async () => {
  await using database = await useDatabase();
  const giveUp = new AbortController();
  const pool = new Pool(database.url, 2, giveUp.signal);
  await pool.query('SELECT 1');
  // Without the signal the server would end the statement, with a different message.
  const broken = expect(pool.query('SELECT pg_sleep(60)')).rejects.toThrow('Connection terminated');
  giveUp.abort();
  await broken;
  await expect(pool.query('SELECT 1')).rejects.toThrow();
  await pool.end();
});

test('organizations take turns for the connections, and one connection stays free for an organization that has none', async () => {
  await using database = await usePool(8);
  const { pool } = database;
  const order: string[] = [];
  const query = (organizationId: string, text: string) =>
    onBehalfOf({ organizationId }, async () => {
      await pool.query(text);
      order.push(organizationId);
    });
  const slow = Array.from({ length: 40 }, () => query('loud', 'SELECT pg_sleep(0.1)'));
  const quick = query('quiet', 'SELECT 1');
  await quick;
  expect(order).toEqual(['quiet']);
  await Promise.all([...slow, query('calm', 'SELECT 1')]);
  expect(order.indexOf('calm')).toBeLessThan(10);
});
