import { expect, test } from 'vitest';
import { runSeed } from './run-seed.ts';
import { lineOf } from './summary.ts';

test('one seed: two processes, PostgreSQL and NATS are killed and stopped under load, and every promise is kept', { timeout: 180_000 }, async () => {
  const result = await runSeed(3, { seconds: 20 });
  console.log(lineOf(result));
  expect(result.violations).toEqual([]);
});
