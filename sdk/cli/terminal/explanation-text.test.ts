import { testPrinter } from '@dispatcher/testing/sdk/test-printer.ts';
import type { TaskExplanation } from '@recursiv/sdk';
import { expect, test } from 'vitest';
import { explanationText } from './explanation-text.ts';

const nothing = {
  agent: null,
  expires_at: null,
  release_reason: null,
  available_at: null,
  blocked_by: [],
  concurrency_key: null,
  task_id: null,
  since: null,
};
const score = {
  inputs: [
    { name: 'rev', value: 3, weight: 3, points: 9 },
    { name: 'use', value: null, weight: 2, points: 0 },
    { name: 'sec', value: 5, weight: 4, points: 20 },
  ],
  divisor: 2,
  score: 14.5,
  age_days: 14,
  half_life_days: 14,
  effective_score: 7.25,
};

const explanation: TaskExplanation = {
  claimable: false,
  reasons: [
    { code: 'held', message: 'It is held.', details: nothing },
    { code: 'blocked', message: 'It waits for a\u001b[2J.', details: { ...nothing, blocked_by: ['a'] } },
  ],
  position: null,
  ahead: 3,
  score,
  next_actions: [{ method: 'PATCH', path: '/api/v1/dispatcher/tasks/t', body: '{"held":false}', why: 'Takes it up again.' }],
};

test('all reasons, the score with its parts, and the next calls', () => {
  const text = explanationText(testPrinter(undefined), explanation);
  expect(text).not.toContain('\u001b');
  expect(text.split('\n')).toEqual([
    'held: It is held.',
    expect.stringContaining('blocked: It waits for a'),
    'Its score is (rev 3 × 3 + sec 5 × 4) / 2 = 14.50; after 14 days, with a half-life of 14, it counts 7.25.',
    '',
    'Next',
    '  Takes it up again.',
    '    PATCH /api/v1/dispatcher/tasks/t {"held":false}',
  ]);
});

test.each([
  [1, 'It is the next.'],
  [3, 'Tasks that come before it: 2.'],
  [10_001, 'More than 9999 tasks come before it.'],
])('the place %d is said as people say it', (position, words) => {
  const { inputs: _, ...rest } = score;
  const text = explanationText(testPrinter(undefined), {
    ...explanation,
    position,
    reasons: [{ code: 'ready', message: 'Yes.', details: nothing }],
    score: { ...rest, inputs: [], score: 0, age_days: 0 },
    next_actions: [],
  });
  expect(text).toBe(`ready: Yes.\n${words}\nIts score is 0 = 0.00.`);
});
