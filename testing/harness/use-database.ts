import { inject } from 'vitest';
import { createTestDatabase, type TestDatabase } from './test-database.ts';

/** A fresh, migrated and empty database on the server of the test run, for one test. */
export const useDatabase = (): Promise<TestDatabase> => createTestDatabase(inject('postgresUrl'));
