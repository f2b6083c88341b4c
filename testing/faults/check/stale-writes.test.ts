import { expect, test } from 'vitest';
import { staleWrites } from './stale-writes.ts';
import { claim, historyOf, logOf, operation } from './use-history.ts';

const first = claim('ada', [0, 10], 1);
const second = claim('bill', [5_000, 5_010], 2);
const doneByAda = logOf({ type: 'task.completed', actor: 'ada' });

test.each(['heartbeat', 'done', 'release'] as const)('a %s that is accepted after the next claim was answered is reported', (kind) => {
  expect(staleWrites(historyOf([first, second, operation(kind, [5_020, 5_030])]), doneByAda).accepted).toEqual([
    `${kind} of ada on acme/t was accepted after its claim was over`,
  ]);
});

test('a write that was sent before the next claim was answered is not stale', () => {
  expect(staleWrites(historyOf([first, second, operation('done', [5_005, 5_030])]), doneByAda)).toEqual({ refused: [], accepted: [] });
});

test('a refused stale write is counted', () => {
  expect(staleWrites(historyOf([first, second, operation('done', [5_020, 5_030], { outcome: 'refused' })]), doneByAda).refused).toHaveLength(1);
});

test('a write is stale after an end by SQL, after the release of its holder and after the lease', () => {
  const expiry = { taskId: 't', organizationId: 'acme', token: 'token of ada', sentAt: 3_000, endedAt: 3_010 };
  expect(staleWrites(historyOf([first, operation('done', [3_020, 3_030])], { expiries: [expiry] }), doneByAda).accepted).toHaveLength(1);
  expect(staleWrites(historyOf([first, operation('release', [100, 110]), operation('heartbeat', [120, 130])]), doneByAda).accepted).toHaveLength(1);
  expect(staleWrites(historyOf([first, operation('done', [30_020, 30_030])]), doneByAda).accepted).toHaveLength(1);
});

test('a repeated done is not stale, and neither is a write whose lease a heartbeat may have renewed', () => {
  expect(staleWrites(historyOf([first, operation('done', [100, 110]), operation('done', [120, 130])]), doneByAda).accepted).toEqual([]);
  expect(staleWrites(historyOf([first, operation('heartbeat', [20_000, null]), operation('done', [30_020, 30_030])]), doneByAda).accepted).toEqual(
    [],
  );
});

test('a late done of a task that a person finished may be answered already_done', () => {
  const byPerson = operation('done', [100, 110], { agent: null });
  const log = logOf({ type: 'task.completed', actor: 'key of a person' });
  expect(staleWrites(historyOf([first, byPerson, operation('done', [30_020, 30_030])]), log).accepted).toEqual([]);
});
