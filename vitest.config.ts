import { defineConfig } from 'vitest/config';

const asProcesses = {
  globalSetup: ['deploy/test/start-postgres.ts', 'deploy/test/start-topology.ts'],
  fileParallelism: false,
  testTimeout: 90_000,
  hookTimeout: 90_000,
  sequence: { groupOrder: 2 },
};

export default defineConfig({
  test: {
    pool: 'forks',
    globalSetup: ['deploy/test/start-postgres.ts'],
    setupFiles: ['deploy/test/refuse-leaks.ts'],
    testTimeout: 15_000,
    hookTimeout: 30_000,
    teardownTimeout: 10_000,
    projects: [
      {
        // Pure functions, and RPCs on a database of their own.
        extends: true,
        test: { name: 'unit', include: ['**/*.test.ts'], exclude: ['**/*.system.test.ts', '**/node_modules/**'] },
      },
      {
        // The whole system with real processes: one file at a time, after the rest, so that load does not fake failures.
        extends: true,
        test: {
          name: 'system',
          include: ['**/*.system.test.ts'],
          exclude: ['**/node_modules/**'],
          fileParallelism: false,
          testTimeout: 90_000,
          hookTimeout: 90_000,
          sequence: { groupOrder: 1 },
        },
      },
      {
        // What speaks to the system from outside, against services and a gateway that run as processes of their own.
        extends: true,
        test: { ...asProcesses, name: 'processes', include: ['deploy/test/system/**/*.test.ts'], exclude: ['**/*.system.test.ts'] },
      },
      {
        // The rest of it, which takes longer; `npm test` leaves it out.
        extends: true,
        test: { ...asProcesses, name: 'processes-system', include: ['deploy/test/system/**/*.system.test.ts'] },
      },
    ],
  },
});
