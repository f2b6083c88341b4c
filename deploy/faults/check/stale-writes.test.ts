import { expect, test } from 'vitest';
import { staleWrites } from './stale-writes.ts';
import { claim, historyOf, operation } from './use-history.ts';

const first = claim('ada', [0, 10], 1);
const second = claim('bill', [5_000, 5_010], 2);

test.each(['heartbeat', 'done', 'release'] as const)('a %s that is accepted after the next claim was answered is reported', (kind) => {
  expect(staleWrites(historyOf([first, second, operation(kind, [5_020, 5_030])])).accepted).toEqual([
    `${kind} of ada on acme/t was accepted after its claim was over`,
  ]);
});

test('one that was sent before the next claim was answered is not stale', () => {
  expect(staleWrites(historyOf([first, second, operation('done', [5_005, 5_030])]))).toEqual({ refused: [], accepted: [] });
});

test('a refused one is counted', () => {
  expect(staleWrites(historyOf([first, second, operation('done', [5_020, 5_030], { outcome: 'refused' })])).refused).toHaveLength(1);
});

test('a write after an end by SQL, after the own release or after the lease is stale', () => {
  const expiry = { taskId: 't', organizationId: 'acme', token: 'token of ada', sentAt: 3_000, endedAt: 3_010 };
  expect(staleWrites(historyOf([first, operation('done', [3_020, 3_030])], { expiries: [expiry] })).accepted).toHaveLength(1);
  expect(staleWrites(historyOf([first, operation('release', [100, 110]), operation('heartbeat', [120, 130])])).accepted).toHaveLength(1);
  expect(staleWrites(historyOf([first, operation('done', [30_020, 30_030])])).accepted).toHaveLength(1);
});

test('done again after done is no stale write, nor is one whose lease a heartbeat may have renewed', () => {
  expect(staleWrites(historyOf([first, operation('done', [100, 110]), operation('done', [120, 130])])).accepted).toEqual([]);
  expect(staleWrites(historyOf([first, operation('heartbeat', [20_000, null]), operation('done', [30_020, 30_030])])).accepted).toEqual([]);
});
