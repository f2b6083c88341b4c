import { readFile } from 'node:fs/promises';
import { z } from 'zod';

/** The result of a test run. */
export interface TestCounts {
  readonly passed: number;
  readonly failed: number;
  /** The names of the tests that were skipped. */
  readonly skipped: readonly string[];
}

/** Reads a result of vitest's JSON reporter. When there is no result, no test ran. */
export async function countTests(path: string): Promise<TestCounts> {
  const text = await readFile(path, 'utf8').catch(() => undefined);
  if (text === undefined) return { passed: 0, failed: 0, skipped: [] };
  const result = resultSchema.parse(JSON.parse(text));
  // A file fails as a whole when it cannot be loaded, or when it leaks a resource.
  const broken = result.testResults.filter(
    ({ status, assertionResults }) => status === 'failed' && assertionResults.every((test) => test.status !== 'failed'),
  );
  const skipped = result.testResults.flatMap(({ assertionResults }) =>
    assertionResults.filter(({ status }) => !['passed', 'failed'].includes(status)).map(({ fullName }) => fullName),
  );
  return { passed: result.numPassedTests, failed: result.numFailedTests + broken.length, skipped };
}

const resultSchema = z.object({
  numPassedTests: z.number(),
  numFailedTests: z.number(),
  testResults: z.array(z.object({ status: z.string(), assertionResults: z.array(z.object({ status: z.string(), fullName: z.string() })) })),
});
