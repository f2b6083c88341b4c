import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { databaseUrl } from '@dispatcher/testing/harness/test-database.ts';
import { Client } from 'pg';
import { expect, inject, test } from 'vitest';
import { migrate } from './migrate.ts';

test('a migration that is broken off at any moment ends, and the next one finishes the schema', async () => {
  const server = inject('postgresUrl');
  const client = new Client({ connectionString: server });
  await client.connect();
  const name = `migrate_${randomBytes(8).toString('hex')}`;
  const url = databaseUrl(server, name);
  try {
    await client.query(`CREATE DATABASE ${name}`);
    for (const ms of [20, 40, 60, 80, 100, 150, 200]) {
      const giveUp = new AbortController();
      const migrated = migrate(url, giveUp.signal).catch(() => undefined);
      await sleep(ms);
      giveUp.abort();
      await migrated;
    }
    await migrate(url);
    const other = new Client({ connectionString: url });
    await other.connect();
    expect((await other.query('SELECT count(*)::int AS tasks FROM tasks')).rows).toEqual([{ tasks: 0 }]);
    await other.end();
  } finally {
    await client.query(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`);
    await client.end();
  }
});
