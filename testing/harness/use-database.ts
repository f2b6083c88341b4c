import { inject } from 'vitest';
import { createTestDatabase, type TestDatabase } from './test-database.ts';

/** Creates a migrated, empty database for one test, on the PostgreSQL server of the test run. */
export const useDatabase = (): Promise<TestDatabase> => createTestDatabase(inject('postgresUrl'));
