import { expect, test } from 'vitest';
import { seedsIn } from './seeds-in.ts';

test('seeds are named one by one or as ranges', () => {
  expect(seedsIn('')).toEqual([]);
  expect(seedsIn('7')).toEqual([7]);
  expect(seedsIn('1-3,1000-1001,9')).toEqual([1, 2, 3, 1000, 1001, 9]);
  expect(() => seedsIn('1-')).toThrow('1- is no seed');
});
