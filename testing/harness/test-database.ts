import { randomBytes } from 'node:crypto';
import { Client } from 'pg';

/** The migrated template database. Each test database is a copy of it. */
export const templateName = 'dispatcher_template';

/** A test database. Disposing it drops it. */
export interface TestDatabase extends AsyncDisposable {
  readonly url: string;
}

/** Creates a migrated, empty database on the server at `serverUrl`. */
export async function createTestDatabase(serverUrl: string): Promise<TestDatabase> {
  const name = `test_${randomBytes(8).toString('hex')}`;
  await run(serverUrl, `CREATE DATABASE ${name} TEMPLATE ${templateName} STRATEGY file_copy`);
  return {
    url: databaseUrl(serverUrl, name),
    [Symbol.asyncDispose]: () => run(serverUrl, `DROP DATABASE ${name} WITH (FORCE)`),
  };
}

/** The URL of another database on the same server. */
export function databaseUrl(url: string, database: string): string {
  const other = new URL(url);
  other.pathname = `/${database}`;
  return other.href;
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
