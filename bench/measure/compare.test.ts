import { expect, it } from 'vitest';
import { compare } from './compare.ts';
import type { Case, Way } from './comparison.ts';

const cases = [{ name: 'small' }, { name: 'large' }];

function comparisonOf(measured: string[], fail?: (way: string) => boolean) {
  const way = (name: string): Way<Case> => ({
    name,
    async measure(at) {
      measured.push(`${name} ${at.name}`);
      if (fail?.(name)) throw new Error('it broke');
      return { value: measured.length, count: 1 };
    },
  });
  return { title: 'A title', about: 'What it is', unit: 'ms', cases, ways: [way('a'), way('b')] };
}

it('lets the ways take turns in each case, and begins each round with a different way', async () => {
  const measured: string[] = [];
  await compare(comparisonOf(measured), 2, () => undefined);
  expect(measured).toEqual(['a small', 'b small', 'a large', 'b large', 'b small', 'a small', 'b large', 'a large']);
});

it('records a way that fails, and goes on', async () => {
  const { measurements } = await compare(
    comparisonOf([], (way) => way === 'a'),
    1,
    () => undefined,
  );
  expect(measurements.map((each) => ('failed' in each ? `${each.way} ${each.failed}` : each.way))).toEqual(['a it broke', 'b', 'a it broke', 'b']);
});

it('leaves out a case that a way does not support', async () => {
  const comparison = comparisonOf([]);
  const none: Way<Case> = { name: 'none', measure: async () => null };
  const { measurements } = await compare({ ...comparison, ways: [none] }, 2, () => undefined);
  expect(measurements).toEqual([]);
});

it('reports after each measurement how many are done', async () => {
  const told: string[] = [];
  await compare(comparisonOf([]), 1, ({ way, at }, done, of, unit) => told.push(`${done}/${of} ${way} ${at} ${unit}`));
  expect(told).toEqual(['1/4 a small ms', '2/4 b small ms', '3/4 a large ms', '4/4 b large ms']);
});
