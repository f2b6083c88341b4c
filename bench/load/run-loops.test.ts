import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { runLoops } from './run-loops.ts';

const load = { work: 'claim', inFlight: 4, seconds: 60 } as const;

it('keeps the requested number of calls in flight', async () => {
  let [now, most] = [0, 0];
  const call = async () => {
    now += 1;
    most = Math.max(most, now);
    await sleep(1);
    now -= 1;
    return 1;
  };
  const run = await runLoops(call, { ...load, mostCalls: 40 });
  expect({ most, count: run.count }).toEqual({ most: 4, count: 40 });
});

it('ends when nothing is left to do, and does not count that call', async () => {
  let left = 10;
  const run = await runLoops(async () => (left > 0 ? left-- && 1 : 0), load);
  expect(run.count).toBe(10);
});

it('counts operations when a call does several', async () => {
  const run = await runLoops(async () => 50, { ...load, mostCalls: 3, inFlight: 1 });
  expect(run.count).toBe(150);
});

it('spreads calls over time when the calls per second are limited', async () => {
  const start = performance.now();
  await runLoops(async () => 1, { ...load, inFlight: 1, mostCalls: 10, perSecond: 100 });
  expect(performance.now() - start).toBeGreaterThan(95);
});

it('fails when a call fails, after all other calls have ended', async () => {
  let now = 0;
  const call = async (caller: number) => {
    if (caller === 3) throw new Error('no answer');
    now += 1;
    await sleep(5);
    now -= 1;
    return 1;
  };
  await expect(runLoops(call, load)).rejects.toThrow('no answer');
  expect(now).toBe(0);
});
