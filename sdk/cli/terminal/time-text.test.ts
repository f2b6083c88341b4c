import { testPrinter } from '@dispatcher/testing/sdk/test-printer.ts';
import { expect, test } from 'vitest';
import { ageText, clockText, durationText, timeText } from './time-text.ts';

const terminal = testPrinter(80);
const file = testPrinter(undefined);
const now = Date.parse('2026-05-04T12:00:00Z');
const at = (seconds: number) => new Date(now + seconds * 1000).toISOString();

test.each([
  [0, 'now'],
  [-0.4, 'now'],
  [-12, '12 s ago'],
  [-59.6, '1 min ago'],
  [-180, '3 min ago'],
  [1800, 'in 30 min'],
  [1799.4, 'in 30 min'],
  [-3599, '1 h ago'],
  [-2 * 3600, '2 h ago'],
  [-47 * 3600, '47 h ago'],
  [-48 * 3600, '2 days ago'],
  [40 * 86_400, 'in 40 days'],
])('%s s from now is "%s" in a terminal', (seconds, text) => {
  expect(timeText(terminal, at(seconds), now)).toBe(text);
});

test('files get exact times', () => {
  expect(timeText(file, at(-12), now)).toBe('2026-05-04T11:59:48.000Z');
  expect(ageText(file, at(-12), now)).toBe('2026-05-04T11:59:48.000Z');
  expect(clockText(file, at(-12), new Date(now))).toBe('2026-05-04T11:59:48.000Z');
});

test('an age is never negative, whatever the clock of this machine says', () => {
  expect(ageText(terminal, at(500), now)).toBe('0 s');
  expect(ageText(terminal, at(-500), now)).toBe('8 min');
  expect(durationText(90_000)).toBe('2 min');
});

test('an event of today has only its time, an earlier one its date too', () => {
  expect(clockText(terminal, at(-1), new Date(now))).toMatch(/^\d\d:\d\d:\d\d$/);
  expect(clockText(terminal, at(-5 * 86_400), new Date(now))).toMatch(/^2026-04-\d\d \d\d:\d\d:\d\d$/);
});
