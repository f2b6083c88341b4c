import { expect, test } from 'vitest';
import type { Git } from '../git/git.ts';
import { verifyCommands } from './commands.ts';

/** A git in which each commit has these files. */
const gitWith =
  (files: Readonly<Record<string, string>>): Git =>
  async (_, args) => {
    if (args[0] === 'ls-tree') return { code: 0, stdout: Object.keys(files).join('\0'), stderr: '' };
    const text = files[args.at(-1)?.split(':')[1] ?? ''];
    return { code: text === undefined ? 128 : 0, stdout: text ?? '', stderr: '' };
  };

const clone = { place: { gitDir: '/clone' }, originUrl: '/origin' };
const settings = { baseBranch: 'main', setupCommand: undefined, verifyCommand: undefined };
const manifest = JSON.stringify({ scripts: { test: 'vitest' }, devDependencies: { vitest: '5' } });

test.each([
  ['pnpm-lock.yaml', 'pnpm install --frozen-lockfile', 'pnpm run test'],
  ['yarn.lock', 'yarn install --frozen-lockfile', 'yarn run test'],
  ['bun.lock', 'bun install --frozen-lockfile', 'bun run test'],
  ['package-lock.json', 'npm ci', 'npm run test'],
  ['no-lockfile', 'npm install --no-package-lock', 'npm run test'],
])('with %s the install is %s', async (lockfile, setup, verify) => {
  expect(await verifyCommands(gitWith({ 'package.json': manifest, [lockfile]: '' }), clone, 'base', settings)).toEqual({ setup, verify });
});

test('nothing is installed when there are no dependencies', async () => {
  const files = { 'package.json': JSON.stringify({ scripts: { test: 'node --test' } }) };
  expect(await verifyCommands(gitWith(files), clone, 'base', settings)).toEqual({ setup: null, verify: 'npm run test' });
});

test.each([
  ['is not valid JSON', '{"scripts": {', 'The package.json of main is not valid JSON ('],
  ['has no scripts', '{}', 'main has no package.json with a typecheck or test script'],
])('a manifest that %s gets an error in words', async (_, text, words) => {
  expect(await verifyCommands(gitWith({ 'package.json': text }), clone, 'base', settings)).toContain(words);
});
