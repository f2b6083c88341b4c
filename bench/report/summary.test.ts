import { expect, it } from 'vitest';
import type { Compared, Measurement } from '../measure/compare.ts';
import type { Target } from '../measure/comparison.ts';
import { figureOf, judge, ratioOf } from './summary.ts';

/** Figures of the rounds by way and case: `{ 'ours 1': [100, 110] }`. A text is why a round failed. */
function compared(figures: Record<string, readonly (number | string)[]>, targets: readonly Target[] = []): Compared {
  const cells = Object.keys(figures).map((key) => key.split(' '));
  const measurements = Object.entries(figures).flatMap(([key, rounds]) => {
    const [way = '', at = ''] = key.split(' ');
    return rounds.map((figure, i): Measurement => {
      const where = { way, at, round: i + 1 };
      return typeof figure === 'number' ? { ...where, value: figure, count: 10, p99Ms: figure / 10 } : { ...where, failed: figure };
    });
  });
  return {
    title: 'Claim',
    about: '',
    unit: 'pairs/s',
    cases: [...new Set(cells.map(([, at = '']) => at))],
    ways: [...new Set(cells.map(([way = '']) => way))].map((name) => ({ name })),
    ratios: [],
    targets,
    notes: [],
    measurements,
  };
}

it('gives the figure of a way over its rounds', () => {
  expect(figureOf(compared({ 'ours 1': [90, 100, 130] }), 'ours', '1')).toEqual({ median: 100, least: 90, most: 130 });
});

it('compares two ways round by round, so that a slow round of both changes nothing', () => {
  const made = compared({ 'ours 1': [200, 20, 400], 'theirs 1': [100, 10, 200] });
  expect(ratioOf(made, { way: 'ours', at: '1' }, { way: 'theirs', at: '1' })).toEqual({ median: 2, least: 2, most: 2 });
});

it('a ratio leaves out the rounds in which one of the two failed', () => {
  const made = compared({ 'ours 1': [200, 'broke', 300], 'theirs 1': [100, 100, 100] });
  expect(ratioOf(made, { way: 'ours', at: '1' }, { way: 'theirs', at: '1' })).toEqual({ median: 2.5, least: 2, most: 3 });
});

const isMet = (figures: Record<string, readonly (number | string)[]>, target: Target) => judge(compared(figures, [target]))[0]?.isMet;

it('judges a way by its ratio to another way, and a case by its ratio to another case', () => {
  const figures = { 'ours 1': [300], 'theirs 1': [100], 'ours 2': [330] };
  expect(isMet(figures, { way: 'ours', at: '1', toWay: 'theirs', atLeast: 3 })).toBe(true);
  expect(isMet(figures, { way: 'ours', at: '1', toWay: 'theirs', atLeast: 3.1 })).toBe(false);
  expect(isMet(figures, { way: 'ours', at: '2', toCase: '1', atMost: 1.1 })).toBe(true);
});

it('judges a figure itself by a target, and its p99 too', () => {
  expect(isMet({ 'ours 1': [50] }, { way: 'ours', at: '1', atMost: 50 })).toBe(true);
  expect(isMet({ 'ours 1': [50] }, { way: 'ours', at: '1', atMost: 4.9, figure: 'p99Ms' })).toBe(false);
});

it('judges the worst of all when no way and no case is named', () => {
  const [judged] = judge(compared({ 'ours 1': [10], 'ours 2': [70], 'theirs 1': [20] }, [{ atMost: 50 }]));
  expect(judged).toMatchObject({ isMet: false, measured: { median: 70 } });
});

it('a target is not met when its figure failed or was not measured', () => {
  expect(isMet({ 'ours 1': [10, 'broke'] }, { way: 'ours', at: '1', atMost: 50 })).toBe(false);
  expect(isMet({ 'ours 1': [10] }, { way: 'ours', at: '1', toWay: 'theirs', atLeast: 1 })).toBe(false);
});
