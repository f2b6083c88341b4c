import { defineConfig } from 'vitest/config';

/** What measures, or fills the machine by itself: load beside it would fake failures. */
const alone = [
  'testing/faults/faults.system.test.ts',
  'testing/topology/{nats-cluster,overload,rolling-restart}.system.test.ts',
  'testing/system/level-memory.system.test.ts',
  'testing/orchestrator/merger.system.test.ts',
];

const withProcesses = { testTimeout: 90_000, hookTimeout: 90_000 };

const asProcesses = {
  ...withProcesses,
  globalSetup: ['testing/runner/start-postgres.ts', 'testing/runner/start-topology.ts'],
  fileParallelism: false,
  sequence: { groupOrder: 3 },
};

export default defineConfig({
  test: {
    pool: 'forks',
    globalSetup: ['testing/runner/start-postgres.ts'],
    setupFiles: ['testing/runner/refuse-leaks.ts'],
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
        // The whole system with real processes, most of which wait most of the time: two files at once.
        extends: true,
        test: {
          ...withProcesses,
          name: 'system',
          include: ['**/*.system.test.ts'],
          exclude: ['**/node_modules/**', ...alone],
          maxWorkers: 2,
          sequence: { groupOrder: 1 },
        },
      },
      {
        extends: true,
        test: { ...withProcesses, name: 'alone', include: alone, fileParallelism: false, sequence: { groupOrder: 2 } },
      },
      {
        // What speaks to the system from outside, against services and a gateway that run as processes of their own.
        extends: true,
        test: { ...asProcesses, name: 'processes', include: ['testing/system/**/*.test.ts'], exclude: ['**/*.system.test.ts'] },
      },
      {
        // The rest of it, which takes longer; `npm test` leaves it out.
        extends: true,
        test: { ...asProcesses, name: 'processes-system', include: ['testing/system/**/*.system.test.ts'] },
      },
    ],
  },
});
