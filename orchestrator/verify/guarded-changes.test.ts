import { expect, test } from 'vitest';
import { type Change, guardedChanges } from './guarded-changes.ts';

const manifest = (scripts: Record<string, string>) => JSON.stringify({ scripts });
const none = { base: null, candidate: null };
const change = (status: string, path: string, was = path): Change => ({ status, path, was });

test.each<[string, Change, string]>([
  ['a script that the command names', change('M', 'scripts/verify.sh'), 'the verification runs it'],
  ['that script moved away', change('R', 'old/verify.sh', 'scripts/verify.sh'), 'the verification runs it'],
  ['a deleted test', change('D', 'src/cart.test.ts'), 'a test is deleted'],
  ['a test moved to where no runner looks', change('R', 'attic/cart.txt', 'tests/cart.ts'), 'a test is deleted'],
  ['the settings of the test runner', change('M', 'vitest.config.ts'), 'it sets how the verification runs'],
  ['a new settings file of the package manager', change('A', 'packages/a/.npmrc'), 'it sets how the verification runs'],
  ['a committed package', change('A', 'node_modules/.bin/vitest'), 'it would replace an installed package'],
])('%s is looked at by a person', (_, one, words) => {
  expect(guardedChanges([one], { commands: ['sh ./scripts/verify.sh --all'], manifests: none })).toEqual([expect.stringContaining(words)]);
});

test.each<[string, Change]>([
  ['a new test', change('A', 'src/cart.test.ts')],
  ['a changed test', change('M', 'src/cart.test.ts')],
  ['a moved test', change('R', 'tests/b.test.ts', 'tests/a.test.ts')],
  ['ordinary work', change('M', 'src/cart.ts')],
  ['a file whose name only looks like it', change('D', 'src/contest.ts')],
])('%s is not', (_, one) => {
  expect(guardedChanges([one], { commands: ['sh scripts/verify.sh'], manifests: none })).toEqual([]);
});

test.each([
  ['the script itself', { test: 'vitest' }, { test: 'true' }, 'test'],
  ['one that runs before it', { test: 'vitest' }, { test: 'vitest', pretest: 'exit 0' }, 'pretest'],
  ['one that it calls', { test: 'npm run unit', unit: 'vitest' }, { test: 'npm run unit', unit: 'true' }, 'unit'],
])('a changed package script is seen: %s', (_, base, candidate, name) => {
  const manifests = { base: manifest(base), candidate: manifest(candidate) };
  expect(guardedChanges([], { commands: ['npm run typecheck && npm test'], manifests })).toEqual([`package.json: the script "${name}" is changed`]);
});

test('a manifest that cannot be read any more is a change, and one more dependency or an unrelated script is none', () => {
  const base = manifest({ test: 'vitest' });
  expect(guardedChanges([], { commands: ['npm test'], manifests: { base, candidate: '{' } })).toHaveLength(1);
  const candidate = JSON.stringify({ scripts: { test: 'vitest', docs: 'x' }, dependencies: { zod: '4' } });
  expect(guardedChanges([change('M', 'package.json')], { commands: ['npm test'], manifests: { base, candidate } })).toEqual([]);
});

test('a file that a package script runs is guarded like one that the command names', () => {
  const manifests = { base: manifest({ test: 'node tools/run.mjs' }), candidate: manifest({ test: 'node tools/run.mjs' }) };
  expect(guardedChanges([change('M', 'tools/run.mjs')], { commands: ['npm test'], manifests })).toHaveLength(1);
});
