import { expect, test } from 'vitest';
import { Pause } from './pause.ts';

const lengths = { firstMs: 60_000, longestMs: 30 * 60_000 };

test('one agent that could not work is no pause, two in a row are', () => {
  const pause = new Pause(lengths);
  pause.couldNotWork('quota');
  expect(pause.current).toBeNull();
  pause.worked();
  pause.couldNotWork('quota');
  expect(pause.current).toBeNull();
  pause.couldNotWork('quota');
  expect(pause.current).toMatchObject({ why: 'quota' });
  expect(pause.current?.remainingMs).toBeGreaterThan(59_000);
});

test('pauses double up to the longest, and end', async () => {
  const pause = new Pause({ firstMs: 5, longestMs: 20 });
  const never = new AbortController().signal;
  for (const atMost of [0, 5, 10, 20, 20, 20]) {
    pause.couldNotWork('quota');
    expect(pause.current?.remainingMs ?? 0).toBeLessThanOrEqual(atMost);
    await pause.wait(never);
    expect(pause.current).toBeNull();
  }
});

test('agents that were at work when a pause began do not make it longer', () => {
  const pause = new Pause(lengths);
  for (let agent = 0; agent < 5; agent++) pause.couldNotWork('quota');
  expect(pause.current?.remainingMs).toBeLessThanOrEqual(60_000);
});
