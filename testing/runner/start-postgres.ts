import { migrate } from '@dispatcher/database/migrations/migrate.ts';
import { createLog } from '@dispatcher/kit/telemetry/log.ts';
import { startEmbeddedPostgres } from '@dispatcher/local/postgres/embedded-postgres.ts';
import { Client } from 'pg';
import type { TestProject } from 'vitest/node';
import { databaseUrl, templateName } from '../harness/test-database.ts';
import { useFolder } from '../harness/use-folder.ts';

declare module 'vitest' {
  /** Values that the test run provides to every test file. */
  interface ProvidedContext {
    /** The server of this test run. */
    postgresUrl: string;
  }
}

/**
 * Starts one PostgreSQL for the whole test run. The migrations are applied to a template, and each test database is a
 * copy of it.
 */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  await using resources = new AsyncDisposableStack();
  const { path: dataDir } = resources.use(await useFolder());
  const postgres = resources.use(await startEmbeddedPostgres({ dataDir, log: createLog('error'), settings: testSettings }));
  await createTemplate(postgres.url);
  project.provide('postgresUrl', postgres.url);
  const started = resources.move();
  return () => started.disposeAsync();
}

/** No test simulates a power cut, so PostgreSQL need not flush its data to the disk. */
const testSettings = { fsync: 'off', full_page_writes: 'off', synchronous_commit: 'off', max_connections: '500', autovacuum_naptime: '5s' };

async function createTemplate(url: string): Promise<void> {
  const client = new Client({ connectionString: url });
  await client.connect();
  await client.query(`CREATE DATABASE ${templateName}`);
  await client.end();
  await migrate(databaseUrl(url, templateName));
}
