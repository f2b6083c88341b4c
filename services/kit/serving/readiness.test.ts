import { expect, test } from 'vitest';
import { sharedReadiness } from './readiness.ts';

test('callers at the same time share one readiness check, and a later caller starts a new one', async () => {
  let looks = 0;
  const ask = sharedReadiness(async () => {
    looks += 1;
    return { ready: looks > 1, failing: [] };
  });
  expect(await Promise.all([ask(), ask(), ask()])).toEqual(Array(3).fill({ ready: false, failing: [] }));
  expect(looks).toBe(1);
  expect(await ask()).toEqual({ ready: true, failing: [] });
  expect(looks).toBe(2);
});

test('a readiness check that failed is reported to its callers, and the next caller tries again', async () => {
  let looks = 0;
  const ask = sharedReadiness(async () => {
    looks += 1;
    if (looks === 1) throw new Error('no answer');
    return { ready: true, failing: [] };
  });
  const asked = await Promise.allSettled([ask(), ask()]);
  expect(asked.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  expect(await ask()).toEqual({ ready: true, failing: [] });
});
