import { expect, test } from 'vitest';
import type { ReaderRecord, StreamFrame } from '../history.ts';
import { brokenPositions, brokenStreams } from './stream-positions.ts';
import { logOf } from './use-history.ts';

const log = logOf(...Array.from({ length: 6 }, (_, i) => ({ type: 'task.updated', organizationId: i % 2 === 0 ? 'acme' : 'globex' })));

const connected = (after: number | null): StreamFrame => ({ kind: 'connected', at: 0, after, newest: 0 });
const event = (position: number): StreamFrame => ({
  kind: 'event',
  at: 0,
  position,
  type: 'task.updated',
  organizationId: log[position - 1]?.organizationId ?? '',
  taskId: 't',
});
const reader = (frames: StreamFrame[], organizationId: string | null = null): ReaderRecord => ({ name: 'ada', organizationId, types: [], frames });

test('a stream that has every event over several connections is complete', () => {
  const frames = [connected(null), event(3), event(4), connected(4), connected(4), event(5), event(6)];
  expect(brokenStreams([reader(frames)], log)).toEqual([]);
  expect(brokenStreams([reader([connected(0), event(1), event(3), event(5)], 'acme')], log)).toEqual([]);
});

test.each([
  ['misses one', [connected(null), event(3), connected(3), event(5), event(6)], null],
  ['repeats one', [connected(null), event(3), event(4), connected(4), event(4), event(5), event(6)], null],
  ['turns around', [connected(null), event(4), event(3), event(5), event(6)], null],
  ['ends too early', [connected(null), event(3), event(4)], null],
  ['does not begin where it was asked to', [connected(0), event(3), event(4), event(5), event(6)], null],
  ['has what is not for it', [connected(0), event(1), event(2), event(3), event(5)], 'acme'],
  ['was reset', [connected(null), event(3), { kind: 'reset', at: 0, position: 5 } as const, event(6)], null],
  ['got nothing', [connected(null)], null],
])('a stream that %s is reported', (_name, frames, organizationId) => {
  expect(brokenStreams([reader(frames, organizationId)], log)).toHaveLength(1);
});

test('positions with a gap, and events without a position, are reported', () => {
  expect(brokenPositions(log, 6, 6)).toEqual([]);
  expect(brokenPositions(log.slice(1), 6, 6)).toHaveLength(3);
});
