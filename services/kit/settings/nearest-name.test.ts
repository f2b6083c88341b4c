import { expect, test } from 'vitest';
import { editDistance, nearestName } from './nearest-name.ts';

test.each([
  ['', '', 0],
  ['PORT', 'PORT', 0],
  ['PROT', 'PORT', 1],
  ['POR', 'PORT', 1],
  ['PORTS', 'PORT', 1],
  ['PART', 'PORT', 1],
  ['', 'PORT', 4],
  ['HOST', 'PORT', 2],
])('from %j to %j it takes %i changes', (one, other, changes) => {
  expect(editDistance(one, other)).toBe(changes);
  expect(editDistance(other, one)).toBe(changes);
});

test.each([
  ['MAXATTEMPTS', 'MAX_ATTEMPTS'],
  ['RETENTION', 'RETENTION_DAYS'],
  ['RETENTION_DAYS_MAX', 'RETENTION_DAYS'],
  ['PROT', 'PORT'],
  ['TEMPERATURE', undefined],
  ['R', undefined],
])('%s probably stands for %s', (name, meant) => {
  expect(nearestName(name, ['PORT', 'HOST', 'MAX_ATTEMPTS', 'RETENTION_DAYS'])).toBe(meant);
});
