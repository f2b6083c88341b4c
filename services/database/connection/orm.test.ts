import { useDatabase } from '@dispatcher/testing/harness/use-database.ts';
import { expect, test } from 'vitest';
import { connectOrm } from './orm.ts';

test('connections that break in transactions go back to the pool, and it can be closed', async () => {
  await using database = await useDatabase();
  await using orm = await connectOrm(database.url, { pool: { min: 0, max: 2 } });
  const breakInTransaction = () =>
    orm.em.fork().transactional(async (em) => {
      await em.execute('SELECT pg_terminate_backend(pg_backend_pid())');
    });
  for (let i = 0; i < 5; i++) await expect(breakInTransaction()).rejects.toThrow();
  const read = () => orm.em.fork().transactional((em) => em.execute<{ one: number }[]>('SELECT 1 AS one'));
  expect(await Promise.all([read(), read(), read()])).toEqual(Array(3).fill([{ one: 1 }]));
});
