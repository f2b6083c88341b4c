import { defineConfig } from 'vitest/config';

/** The system tests of `npm test`: each part once, as its users meet it. `npm run test:long` runs the rest. */
const quick = [
  'deploy/local/keys/main.system.test.ts',
  'sdk/cli/readme.system.test.ts',
  'sdk/client/client.system.test.ts',
  'sdk/mcp/{conformance,keep-alive,readme,server}.system.test.ts',
  'testing/orchestrator/{claude-code,daemon,main,merge-stage}.system.test.ts',
  'testing/system/{concurrent-claims,crash,readme}.system.test.ts',
];

/** Tests that fill the machine, or count what comes together in time. Load beside them would make them fail. */
const alone = ['testing/adversary/adversary.system.test.ts', 'testing/faults/faults.system.test.ts', 'testing/orchestrator/merger.system.test.ts'];

/** Time limits only end a test that hangs, so they are far above what a test needs on a busy machine. */
const unitLimits = { testTimeout: 180_000, hookTimeout: 180_000 };
const systemLimits = { testTimeout: 900_000, hookTimeout: 900_000 };

const notOurs = ['**/node_modules/**', '**/dist/**'];

export default defineConfig({
  test: {
    ...unitLimits,
    pool: 'forks',
    // On two cores: most tests wait for other processes about half of the time.
    maxWorkers: 3,
    globalSetup: ['testing/runner/start-postgres.ts'],
    setupFiles: ['testing/runner/refuse-leaks.ts', 'testing/runner/patient-waits.ts'],
    teardownTimeout: 30_000,
    projects: [
      {
        // Pure functions, and RPCs on a database of their own.
        extends: true,
        test: { name: 'unit', include: ['**/*.test.ts'], exclude: ['**/*.system.test.ts', ...notOurs] },
      },
      {
        // The whole system with real processes.
        extends: true,
        test: { ...systemLimits, name: 'system', include: quick, exclude: notOurs, sequence: { groupOrder: 1 } },
      },
      {
        extends: true,
        test: {
          ...systemLimits,
          name: 'long',
          include: ['**/*.system.test.ts'],
          exclude: [...notOurs, ...quick, ...alone],
          sequence: { groupOrder: 2 },
        },
      },
      {
        extends: true,
        test: { ...systemLimits, name: 'alone', include: alone, fileParallelism: false, sequence: { groupOrder: 3 } },
      },
      {
        // The black-box tests again, against services and a gateway that run as processes of their own.
        extends: true,
        test: {
          ...systemLimits,
          name: 'processes',
          include: ['testing/system/**/*.test.ts'],
          // The README is about `npm start`.
          exclude: [...notOurs, 'testing/system/readme.system.test.ts'],
          globalSetup: ['testing/runner/start-postgres.ts', 'testing/runner/start-topology.ts'],
          sequence: { groupOrder: 2 },
        },
      },
    ],
  },
});
