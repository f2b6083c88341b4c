import { expect, test } from 'vitest';
import { earlyEnds } from './early-ends.ts';
import { claim, historyOf, logOf, operation } from './use-history.ts';

const expired = (occurredAt: number) => logOf({ type: 'task.expired', token: 'token of ada', occurredAt });
const beat = (times: [number, number], outcome: 'succeeded' | 'refused') => operation('heartbeat', times, { agent: 'ada', outcome });

test('a lease that runs out before its length, counted from the last accepted heartbeat, is a violation', () => {
  const claimed = claim('ada', [0, 10], 1);
  expect(earlyEnds(historyOf([claimed]), expired(29_000))).toHaveLength(1);
  expect(earlyEnds(historyOf([claimed]), expired(30_001))).toEqual([]);
  expect(earlyEnds(historyOf([claimed, beat([5_000, 5_010], 'succeeded')]), expired(30_001))).toHaveLength(1);
  expect(earlyEnds(historyOf([claimed, beat([5_000, 5_010], 'succeeded')]), expired(35_001))).toEqual([]);
});

test('a lease that the run ended by SQL is no violation', () => {
  const expiries = [{ taskId: 't', organizationId: 'acme', token: 'token of ada', sentAt: 2_000, endedAt: 2_001 }];
  expect(earlyEnds(historyOf([claim('ada', [0, 10], 1)], { expiries }), expired(2_001))).toEqual([]);
});

test('a heartbeat that is refused while the claim is surely held is a violation, after a release it is not', () => {
  const claimed = claim('ada', [0, 10], 1);
  expect(earlyEnds(historyOf([claimed, beat([5_000, 5_010], 'refused')]), [])).toHaveLength(1);
  expect(earlyEnds(historyOf([claimed, beat([30_000, 30_010], 'refused')]), [])).toEqual([]);
  const released = operation('release', [4_000, 4_010], { agent: 'ada' });
  expect(earlyEnds(historyOf([claimed, released, beat([5_000, 5_010], 'refused')]), [])).toEqual([]);
});
