import { expect, test } from 'vitest';
import { illegalHistories } from './task-histories.ts';
import { logOf } from './use-history.ts';

const created = { type: 'task.created', statusBefore: null };
const claimed = { type: 'task.claimed', status: 'claimed', attempt: 1, token: 'x' };
const done = { type: 'task.completed', status: 'done', statusBefore: 'claimed', attempt: 1, token: 'x' };
const released = { type: 'task.released', statusBefore: 'claimed', attempt: 1, token: 'x', stage: 'merge' };
const end = { organizationId: 'acme', id: 't', status: 'done', stage: 'build', attempts: 1, archived: false };

test('a history that the state machine allows is legal', () => {
  expect(illegalHistories(logOf(created, claimed, done), [end])).toEqual([]);
  const archived = { type: 'task.archived', stage: 'merge', attempt: 1 };
  expect(illegalHistories(logOf(created, claimed, released, archived), [{ ...end, status: 'pending', stage: 'merge', archived: true }])).toEqual([]);
});

test.each([
  ['claimed twice', [created, claimed, { ...claimed, attempt: 2 }]],
  ['done without a claim', [created, done]],
  ['ended by another claim', [created, claimed, { ...done, token: 'y' }]],
  ['an attempt left out', [created, { ...claimed, attempt: 2 }, { ...done, attempt: 2 }]],
  ['created twice', [created, created]],
  ['no creation', [claimed, done]],
  ['a stage that changes by itself', [created, { ...claimed, stage: 'merge' }, done]],
  ['something after the archiving', [created, { type: 'task.archived' }, claimed]],
  ['an order other than that of the ids', [{ ...created, id: 9 }, claimed, done]],
])('%s is illegal', (_name, events) => {
  const log = logOf(...events);
  expect(illegalHistories(log, [{ ...end, attempts: log.at(-1)?.attempt ?? 0 }])).toHaveLength(1);
});

test('a task that differs from its events, has no events or is gone is reported', () => {
  expect(illegalHistories(logOf(created, claimed, done), [{ ...end, status: 'claimed' }])).toHaveLength(1);
  expect(illegalHistories([], [end])).toHaveLength(1);
  expect(illegalHistories(logOf(created), [])).toHaveLength(1);
});
