import { expect, test } from 'vitest';
import { runSeed } from './run-seed.ts';
import { lineOf } from './summary.ts';

test.for([
  { seed: 3, what: 'two processes of the whole' },
  { seed: 1000, what: 'two of each service and two gateways' },
])('one seed: $what, PostgreSQL and NATS are killed and stopped under load, and every promise is kept', async ({ seed }) => {
  const { summary } = await runSeed(seed, { rounds: 1 });
  console.log(lineOf(summary));
  expect(summary.violations).toEqual([]);
});
