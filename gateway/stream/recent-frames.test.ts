import { describe, expect, test } from 'vitest';
import { RecentFrames } from './recent-frames.ts';

const frame = (position: number, size = 1) => ({ position, organizationId: 'acme', type: 'task.created', bytes: Buffer.alloc(size) });
const positions = (recent: RecentFrames, after: number) => recent.after(after)?.map(({ position }) => position);

describe('the memory of recent events', () => {
  test('has no frames before the position is known', () => {
    expect(positions(new RecentFrames(), 5)).toBeUndefined();
  });

  test('has all frames since the start, and none from before', () => {
    const recent = new RecentFrames();
    recent.startOnceAfter(5);
    recent.add([frame(6), frame(7)]);
    recent.startOnceAfter(9);
    expect(positions(recent, 4)).toBeUndefined();
    expect(positions(recent, 5)).toEqual([6, 7]);
    expect(positions(recent, 6)).toEqual([7]);
    expect(positions(recent, 8)).toEqual([]);
  });

  test('has the newest half MiB', () => {
    const recent = new RecentFrames();
    recent.startAfter(0);
    for (let position = 1; position <= 100; position++) recent.add([frame(position, 10 * 1024)]);
    expect(positions(recent, 48)).toBeUndefined();
    expect(positions(recent, 49)).toHaveLength(51);
  });

  test('is empty after a reset', () => {
    const recent = new RecentFrames();
    recent.startAfter(0);
    recent.add([frame(1)]);
    recent.startAfter(7);
    expect(positions(recent, 1)).toBeUndefined();
    expect(positions(recent, 7)).toEqual([]);
  });
});
