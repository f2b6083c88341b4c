import { readFile } from 'node:fs/promises';
import { z } from 'zod';

/** The numbers of passed and failed tests in a result of vitest's JSON reporter; none when there is no result. */
export async function countTests(path: string): Promise<{ passed: number; failed: number }> {
  const text = await readFile(path, 'utf8').catch(() => undefined);
  if (text === undefined) return { passed: 0, failed: 0 };
  const result = resultSchema.parse(JSON.parse(text));
  // A file fails as a whole when it cannot be loaded, or when it leaves something open.
  const broken = result.testResults.filter(
    ({ status, assertionResults }) => status === 'failed' && assertionResults.every((test) => test.status !== 'failed'),
  );
  return { passed: result.numPassedTests, failed: result.numFailedTests + broken.length };
}

const resultSchema = z.object({
  numPassedTests: z.number(),
  numFailedTests: z.number(),
  testResults: z.array(z.object({ status: z.string(), assertionResults: z.array(z.object({ status: z.string() })) })),
});
