import { randomBytes } from 'node:crypto';
import { Client } from 'pg';
import { inject } from 'vitest';
import { databaseUrl, templateName } from './test-database.ts';

/** A database that a test has for itself; disposing it drops it. */
export interface TestDatabase extends AsyncDisposable {
  readonly url: string;
}

/** A fresh, migrated and empty database on the server of the test run. */
export async function useDatabase(): Promise<TestDatabase> {
  const serverUrl = inject('postgresUrl');
  const name = `test_${randomBytes(8).toString('hex')}`;
  await run(serverUrl, `CREATE DATABASE ${name} TEMPLATE ${templateName} STRATEGY file_copy`);
  return {
    url: databaseUrl(serverUrl, name),
    [Symbol.asyncDispose]: () => run(serverUrl, `DROP DATABASE ${name} WITH (FORCE)`),
  };
}

async function run(url: string, statement: string): Promise<void> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}
