import { expect, test } from 'vitest';
import { expiryFrom } from './expiry.ts';

const now = new Date('2030-01-01T00:00:00Z');

test.each([
  ['30m', '2030-01-01T00:30:00.000Z'],
  ['12h', '2030-01-01T12:00:00.000Z'],
  ['90d', '2030-04-01T00:00:00.000Z'],
  ['2030-02-01', '2030-02-01T00:00:00.000Z'],
  ['2030-02-01T10:00:00+02:00', '2030-02-01T08:00:00.000Z'],
])('%s is %s', (text, time) => {
  expect(expiryFrom(text, now)?.toISOString()).toBe(time);
});

test.each(['', '0d', '-1d', '90', 'soon', '2029-12-31', '2030-01-01T00:00:00Z', '2030-02-01T10:00:00', '2030-13-01'])(
  '%j is no time to come',
  (text) => {
    expect(expiryFrom(text, now)).toBeUndefined();
  },
);
