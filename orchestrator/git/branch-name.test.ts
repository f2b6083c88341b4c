import { execFileSync } from 'node:child_process';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { branchOfTask } from './branch-name.ts';

const dotty = fc
  .tuple(fc.constantFrom('a', '0', 'lock'), fc.array(fc.constantFrom('.', '..', '.lock', '-', '_', 'a', 'lock'), { maxLength: 12 }))
  .map(([first, rest]) => `${first}${rest.join('')}`);

test('a task id that git accepts is the end of its branch name', () => {
  expect(branchOfTask('fix-login_2.1')).toBe('task/fix-login_2.1');
});

test('git accepts the branch of every task id', () => {
  const names = ['a..b', 'a.', 'a.lock', 'a...', 'a.lock.lock', 'a..lock', `a${'.'.repeat(127)}`, ...fc.sample(dotty, 60)].map(branchOfTask);
  for (const name of names) expect(() => execFileSync('git', ['check-ref-format', '--branch', name], { stdio: 'pipe' })).not.toThrow();
});

test('two task ids never share a branch', () => {
  fc.assert(fc.property(dotty, dotty, (a, b) => a === b || branchOfTask(a) !== branchOfTask(b)));
});

test.each(['', '../x', 'A', 'a b', 'a\nb', '-rf', 'a/b', 'a~1'])('a text that is not a task id is refused: %j', (id) => {
  expect(() => branchOfTask(id)).toThrow('Not a task id');
});
