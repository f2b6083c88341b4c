import { expect, test } from 'vitest';
import { reportOf } from './report.ts';
import { countSometimes } from './sometimes.ts';
import { type SeedSummary, summaryOf } from './summary.ts';

const history = { operations: [], expiries: [], streams: [], snapshots: [] };
const fault = { link: null, from: 0, brokenUntil: 1_000, to: 2_500, recoveryMs: null, gaveUp: false };

function summary(seed: number, setup: SeedSummary['setup'], faults: { name: 'killed' | 'all-killed' | 'stopped'; hit: string[] }[]): SeedSummary {
  const whole = { ...history, faults: faults.map((each) => ({ ...fault, ...each })) };
  const sometimes = countSometimes(setup, whole, []);
  return summaryOf({ seed, setup, rounds: 1, seconds: 60, history: whole, events: 0, sometimes, violations: [], impossible: [] });
}

test('the report counts how often the processes of each service were killed and stopped, over all runs', () => {
  const page = reportOf([
    summary(1, 'alone', [{ name: 'killed', hit: ['a'] }]),
    summary(1000, 'services', [
      { name: 'killed', hit: ['claim-1'] },
      { name: 'killed', hit: ['claim-1', 'claim-2'] },
      { name: 'stopped', hit: ['claim-2'] },
      { name: 'all-killed', hit: ['claim-1', 'claim-2', 'gateway-1'] },
    ]),
  ]);
  expect(page).toContain('| claim | 1 | 2 | 2 | 5 | 1 | 0 |');
  expect(page).toContain('| gateway | 0 | 0 | 1 | 1 | 0 | 0 |');
  expect(page).toContain('| everything in one process | 1 | 0 | 0 | 1 | 0 | 0 |');
  expect(page).toContain('| killed | 1 | 2 | 2.5 s |');
  expect(page).toContain("**Processes killed with signal 9**: 8, 7 of them Dispatcher's own.");
});

test('the report names every violation and every fault that could not be tried', () => {
  const page = reportOf([{ ...summary(7, 'pair', []), violations: ['two claims at once'], impossible: ['disk-full: no mount'] }]);
  expect(page).toContain('- seed 7: two claims at once');
  expect(page).toContain('- not possible: seed 7: disk-full: no mount');
});
