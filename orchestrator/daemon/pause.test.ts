import { expect, test } from 'vitest';
import { Pause } from './pause.ts';

const lengths = { firstMs: 60_000, longestMs: 30 * 60_000 };

test('one agent that cannot work does not start a pause, two in a row do', () => {
  const pause = new Pause(lengths);
  pause.couldNotWork({ why: 'quota' });
  expect(pause.current).toBeNull();
  pause.worked();
  pause.couldNotWork({ why: 'quota' });
  expect(pause.current).toBeNull();
  pause.couldNotWork({ why: 'quota' });
  expect(pause.current).toMatchObject({ why: 'quota' });
  expect(pause.current?.remainingMs).toBeGreaterThan(59_000);
});

test('pauses double up to the longest one, and end', async () => {
  const pause = new Pause({ firstMs: 5, longestMs: 20 });
  const never = new AbortController().signal;
  for (const atMost of [0, 5, 10, 20, 20, 20]) {
    pause.couldNotWork({ why: 'quota' });
    expect(pause.current?.remainingMs ?? 0).toBeLessThanOrEqual(atMost);
    await pause.wait(never);
    expect(pause.current).toBeNull();
  }
});

test('agents that began before a pause do not make it longer', () => {
  const pause = new Pause(lengths);
  for (let agent = 0; agent < 5; agent++) pause.couldNotWork({ why: 'quota' });
  expect(pause.current?.remainingMs).toBeLessThanOrEqual(60_000);
});

test('a failure that every agent would meet starts a pause at once, until its known end', () => {
  const pause = new Pause(lengths);
  pause.couldNotWork({ why: 'the key was refused', isCertain: true, until: Date.now() + 3_600_000 });
  expect(pause.current?.remainingMs).toBeGreaterThan(3_500_000);
});

test('three tasks in a row that end soon and in the same way are not at fault; one task again, another ending or a long run breaks the series', () => {
  const pause = new Pause(lengths);
  const ends = (task: string, signature = 'exit code 1', tookMs = 100) => pause.isAlike({ task, signature, tookMs });
  expect([ends('a'), ends('a'), ends('a'), ends('b'), ends('c')]).toEqual([false, false, false, false, true]);
  expect([ends('d', 'exit code 2'), ends('e', 'exit code 2'), ends('f', 'exit code 2', 60_000), ends('g', 'exit code 2')]).toEqual([
    false,
    false,
    false,
    false,
  ]);
  pause.endedWell();
  expect([ends('a'), ends('b')]).toEqual([false, false]);
});
