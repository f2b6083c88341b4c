import { expect, it } from 'vitest';
import { median, quantile, spreadOf } from './statistics.ts';

it('the median is the middle of an odd number of figures, and the mean of the two middle ones of an even number', () => {
  expect(median([3, 1, 2])).toBe(2);
  expect(median([4, 1, 3, 2])).toBe(2.5);
});

it('does not change the figures it is given', () => {
  const figures = [3, 1, 2];
  median(figures);
  quantile(figures, 0.5);
  expect(figures).toEqual([3, 1, 2]);
});

it('the quantile is the value below which a part of the figures lies', () => {
  const figures = Array.from({ length: 100 }, (_, i) => 100 - i);
  expect(quantile(figures, 0)).toBe(1);
  expect(quantile(figures, 0.99)).toBe(100);
  expect(quantile(figures, 1)).toBe(100);
});

it('gives the median with the least and the most', () => {
  expect(spreadOf([5, 1, 3])).toEqual({ median: 3, least: 1, most: 5 });
});

it('returns null for no figures', () => {
  expect([median([]), quantile([], 0.5), spreadOf([])]).toEqual([null, null, null]);
});
