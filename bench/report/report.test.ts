import { expect, it } from 'vitest';
import type { Compared } from '../measure/compare.ts';
import { reportOf } from './report.ts';
import type { Results } from './results.ts';

const comparison: Compared = {
  title: 'Claim and complete',
  about: 'One task a call.',
  unit: 'pairs/s',
  cases: ['1 in flight', '32 in flight'],
  ways: [
    { name: 'ours', traits: { durable: 'always', lease: 'fenced', events: 'all', auth: 'a key' } },
    { name: 'theirs', traits: { durable: 'always', lease: 'none', events: 'none', auth: 'none' } },
  ],
  ratios: [{ of: 'ours', to: 'theirs' }],
  targets: [{ way: 'ours', at: '1 in flight', toWay: 'theirs', atLeast: 2 }],
  notes: ['pgbench is not installed.'],
  measurements: [
    { way: 'ours', at: '1 in flight', round: 1, value: 900, count: 900, p50Ms: 1.1, p99Ms: 4, cpuMicros: { server: 500, 'load generator': 100 } },
    { way: 'ours', at: '1 in flight', round: 2, value: 1100, count: 1100, p50Ms: 0.9, p99Ms: 3, cpuMicros: { server: 400, 'load generator': 100 } },
    { way: 'theirs', at: '1 in flight', round: 1, value: 450, count: 450 },
    { way: 'theirs', at: '1 in flight', round: 2, value: 440, count: 440 },
    { way: 'theirs', at: '32 in flight', round: 1, failed: 'it broke\nand more' },
    { way: 'theirs', at: '32 in flight', round: 2, failed: 'it broke\nand more' },
  ],
};

const results: Results = {
  startedAt: '2026-01-02T03:04:05.000Z',
  commit: 'abc1234',
  isQuick: false,
  rounds: 2,
  machine: { cpu: 'A CPU', cores: 2, memoryGib: 8, system: 'Linux 6', node: 'v24.0.0', postgres: '18.4' },
  parts: [{ name: 'claim', loadAverage: 0.4, seconds: 12, comparisons: [comparison] }],
};

it('shows medians with their spread, ratios, times and CPU, and what each way does', () => {
  const report = reportOf(results);
  expect(report).toContain('| ours | 1,000 (900–1,100) | — |');
  expect(report).toContain('| ours ÷ theirs | 2.25 (2.00–2.50) | — |');
  expect(report).toContain('| ours | 1 in flight | 1.00 | 3.50 | server 450, load generator 100 |');
  expect(report).toContain('| theirs | always | none | none | none |');
});

it('says whether each target is met', () => {
  expect(reportOf(results)).toContain('| Claim and complete: ours, 1 in flight ÷ theirs | ≥ 2 × | 2.25 (2.00–2.50) | yes |');
});

it('lists what failed, and what was left out', () => {
  const report = reportOf(results);
  expect(report).toContain('Failed in round 1, 2: theirs, 32 in flight: it broke\n');
  expect(report).toContain('pgbench is not installed.');
});

it('says whether the load generator may have been the limit', () => {
  expect(reportOf(results)).toContain('The load generator used at most 10 % of a core (ours, 1 in flight); it was not the limit.');
  const measurements = comparison.measurements.map((each) => ('value' in each ? { ...each, cpuMicros: { 'load generator': 900 } } : each));
  const slow = { ...results, parts: [{ name: 'claim', loadAverage: 0.4, seconds: 1, comparisons: [{ ...comparison, measurements }] }] };
  expect(reportOf(slow)).toContain('it may have been the limit of ours, 1 in flight');
});

it('records the load average before each part, and warns of figures from a busy machine and of a quick run', () => {
  expect(reportOf(results)).toContain('claim 0.4 (12 s)');
  expect(reportOf(results)).not.toContain('The machine was busy');
  const busy = { ...results, isQuick: true, parts: [{ name: 'claim', loadAverage: 9, seconds: 12, comparisons: [] }] };
  expect(reportOf(busy)).toContain('The machine was busy');
  expect(reportOf(busy)).toContain('A quick run');
});
