import { expect, test } from 'vitest';
import { overlappingClaims, spansOf } from './overlapping-claims.ts';
import { attempt, claim, historyOf, operation } from './use-history.ts';

const first = claim('ada', [0, 10], 1);
const second = claim('bill', [5_000, 5_010], 2);

test('two answered claims of one task within a lease overlap', () => {
  expect(overlappingClaims(historyOf([first, second]))).toEqual(['acme/t was claimed by bill while ada held it for 24990 ms more']);
});

test('a claim after the lease, or on another task or in another organization, does not overlap', () => {
  expect(overlappingClaims(historyOf([first, claim('bill', [30_001, 30_010], 2)]))).toEqual([]);
  expect(overlappingClaims(historyOf([first, { ...second, taskId: 'u' }, { ...second, organizationId: 'globex' }]))).toEqual([]);
});

test('a claim holds from its answer to the sending of its last accepted heartbeat plus the lease', () => {
  const beats = [
    operation('heartbeat', [10_000, 12_000]),
    operation('heartbeat', [20_000, null]),
    operation('heartbeat', [25_000, 25_001], { outcome: 'refused' }),
  ];
  expect(spansOf(historyOf([first, ...beats]))).toEqual([{ task: 'acme/t', agent: 'ada', from: 10, to: 40_000 }]);
});

test('a claim that was answered late holds from its answer, and its lease counts from its first sending', () => {
  const late = claim('ada', [0, 0], 1);
  late.attempts.splice(0, 1, attempt(0, null), attempt(8_000, 8_010));
  expect(spansOf(historyOf([late]))).toMatchObject([{ from: 8_010, to: 30_000 }]);
});

test.each([
  ['its own done', operation('done', [3_000, 3_010])],
  ['its own release, even without an answer', operation('release', [3_000, null])],
  ["a person's done", operation('done', [3_000, 3_010], { agent: null })],
  ['an archiving', operation('archive', [3_000, 3_010], { agent: null })],
])('%s ends the claim when it is sent', (_name, end) => {
  expect(spansOf(historyOf([first, end]))).toMatchObject([{ from: 10, to: 3_000 }]);
});

test('an end by SQL ends the claim when it is sent, even if it fails', () => {
  const expiry = { taskId: 't', organizationId: 'acme', token: 'token of ada', sentAt: 3_000, endedAt: null };
  expect(spansOf(historyOf([first], { expiries: [expiry] }))).toMatchObject([{ to: 3_000 }]);
});

test("another agent's done, and a request that ended before the claim, do not end it", () => {
  const others = [operation('done', [3_000, 3_010], { agent: 'bill' }), operation('release', [-20, -10], { agent: null })];
  expect(spansOf(historyOf([first, ...others]))).toMatchObject([{ to: 30_000 }]);
});
