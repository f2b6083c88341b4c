import { expect, test } from 'vitest';
import { forbiddenAnswers, slowRecoveries } from './answers.ts';
import { differentCounts } from './counts.ts';
import { attempt, historyOf, operation } from './use-history.ts';

const answered = (sentAt: number, status: number | null, retryAfter: string | null = null) =>
  operation('done', [0, 1], { attempts: [attempt(sentAt, status === null ? null : sentAt + 1, { status, retryAfter })] });

test('a 500 is a violation, and a 503 without Retry-After is one', () => {
  expect(forbiddenAnswers(historyOf([answered(0, 409), answered(0, 503, '1'), answered(0, 504), answered(0, null)]))).toEqual([]);
  expect(forbiddenAnswers(historyOf([answered(0, 500), answered(0, 503)]))).toHaveLength(2);
});

test('a failed request while only NATS is down is a violation', () => {
  const faults = [
    { name: 'link-stalled', link: 'services and NATS', from: 100, brokenUntil: 1_500, to: 2_000, hit: [], recoveryMs: null, gaveUp: false } as const,
  ];
  expect(forbiddenAnswers(historyOf([answered(50, 503, '1'), answered(200, 409)], { faults }))).toEqual([]);
  expect(forbiddenAnswers(historyOf([answered(200, 503, '1'), answered(300, null)], { faults }))).toHaveLength(2);
});

test('a recovery of more than 5 s after PostgreSQL is a violation', () => {
  const fault = (recoveryMs: number | null) =>
    ({ name: 'postgres-killed', link: null, from: 0, brokenUntil: 8_000, to: 9_000, hit: [], recoveryMs, gaveUp: false }) as const;
  expect(slowRecoveries(historyOf([], { faults: [fault(400)] }))).toEqual([]);
  expect(slowRecoveries(historyOf([], { faults: [fault(5_001), fault(null)] }))).toHaveLength(2);
});

test('a different count of any name is reported, and a missing zero is not', () => {
  const counts = { byStatus: { pending: 1, done: 0 }, byOwner: {}, byLayer: {} };
  expect(differentCounts('all', counts, { ...counts, byStatus: { pending: 1 } })).toEqual([]);
  expect(differentCounts('all', counts, { ...counts, byStatus: { pending: 2 }, byOwner: { ada: 1 } })).toHaveLength(2);
});
