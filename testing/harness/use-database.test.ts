import { Client } from 'pg';
import { expect, test } from 'vitest';
import { useDatabase } from './use-database.ts';

async function query(url: string, text: string): Promise<unknown[]> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query(text)).rows;
  } finally {
    await client.end();
  }
}

test('each caller gets its own database', async () => {
  await using one = await useDatabase();
  await using other = await useDatabase();
  await query(one.url, 'CREATE TABLE only_here ()');
  expect(await query(other.url, "SELECT to_regclass('only_here') AS found")).toEqual([{ found: null }]);
});

test('a database is dropped after its test, even with open connections', async () => {
  const database = await useDatabase();
  const client = new Client({ connectionString: database.url });
  const cut = new Promise((resolve) => client.on('error', resolve));
  await client.connect();
  await database[Symbol.asyncDispose]();
  await cut;
  await expect(query(database.url, 'SELECT 1')).rejects.toThrow('does not exist');
});
