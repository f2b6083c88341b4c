import { expect, test } from 'vitest';
import { runSeed } from './run-seed.ts';
import { lineOf } from './summary.ts';

test.for([
  { seed: 3, what: 'two processes of all of Dispatcher' },
  { seed: 1000, what: 'two processes of each service and two gateways' },
])('every promise is kept while $what, PostgreSQL and NATS are killed and stopped under load', async ({ seed }) => {
  const { summary } = await runSeed(seed, { rounds: 1 });
  console.log(lineOf(summary));
  expect(summary.violations).toEqual([]);
});
