import { expect, test } from 'vitest';
import { type Change, guardedChanges } from './guarded-changes.ts';

type Files = Readonly<Record<string, string>>;
const change = (status: string, path: string, was = path): Change => ({ status, path, was });

/**
 * Checks the change from one set of files to another. Every path that differs is a change, and so is each given one.
 */
async function guard(commands: readonly string[], base: Files, candidate: Files, changes: readonly Change[] = [], patterns: readonly string[] = []) {
  const paths = [...new Set([...Object.keys(base), ...Object.keys(candidate)])].filter((file) => base[file] !== candidate[file]);
  const found = paths.map((file) => change(base[file] === undefined ? 'A' : candidate[file] === undefined ? 'D' : 'M', file));
  return await guardedChanges(changes.length > 0 ? changes : found, {
    commands,
    patterns,
    manifestFiles: Object.keys(base).filter((file) => file.endsWith('package.json')),
    base: async (file) => base[file] ?? null,
    candidate: async (file) => candidate[file] ?? null,
  });
}

const manifest = (scripts: Record<string, string>, more: object = {}) => JSON.stringify({ scripts, ...more });

test.each<[string, Change, string]>([
  ['a script that the command names', change('M', 'scripts/verify.sh'), 'the verification runs it'],
  ['that script moved away', change('R', 'old/verify.sh', 'scripts/verify.sh'), 'the verification runs it'],
  ['a deleted test', change('D', 'src/cart.test.ts'), 'a test is deleted'],
  ['a test moved to where no runner looks', change('R', 'attic/cart.txt', 'tests/cart.ts'), 'a test is deleted'],
  ['a committed package', change('A', 'node_modules/.bin/vitest'), 'it would replace an installed package'],
])('%s is looked at by a person', async (_, one, words) => {
  expect(await guard(['sh ./scripts/verify.sh --all'], {}, {}, [one])).toEqual([expect.stringContaining(words)]);
});

test.each([
  ...['vitest.config.ts', 'packages/a/.npmrc', 'pnpm-workspace.yaml', '.yarn/releases/yarn.cjs', 'bunfig.toml', 'tsconfig.test.json', 'turbo.json'],
  ...['backend/Makefile', 'rules/test.mk', 'justfile', 'deno.json', 'eslint.config.js', 'jest.config.ci.js'],
  ...['pytest.ini', 'tox.ini', 'noxfile.py', 'tests/conftest.py', 'setup.cfg', 'ruff.toml', '.mypy.ini', 'sitecustomize.py'],
  ...[
    '.cargo/config.toml',
    'rust-toolchain.toml',
    'go.work',
    '.golangci.yml',
    'app/build.gradle.kts',
    'gradlew',
    'gradle/wrapper/gradle-wrapper.properties',
  ],
  ...['pom.xml', '.mvn/maven.config', '.envrc', 'mise.toml', '.nvmrc'],
])('%s decides what a tool runs, wherever it is', async (file) => {
  expect(await guard(['npm test'], {}, {}, [change('M', file)])).toEqual([`${file}: it sets how the verification runs`]);
});

test.each<[string, Change]>([
  ['a new test', change('A', 'src/cart.test.ts')],
  ['a changed test', change('M', 'src/cart.test.ts')],
  ['a moved test', change('R', 'tests/b.test.ts', 'tests/a.test.ts')],
  ['ordinary work', change('M', 'src/cart.ts')],
  ['a file whose name only looks like it', change('D', 'src/contest.ts')],
  ['a lockfile', change('M', 'package-lock.json')],
])('%s is not', async (_, one) => {
  expect(await guard(['sh scripts/verify.sh'], {}, {}, [one])).toEqual([]);
});

test.each<[string, string, Files, string]>([
  ['behind a cd', 'cd backend && ./verify.sh', { 'backend/verify.sh': 'true' }, 'backend/verify.sh'],
  ['behind two', 'cd a; cd b && sh run.sh', { 'a/b/run.sh': 'true' }, 'a/b/run.sh'],
  ['that a script runs', 'sh verify.sh', { 'verify.sh': 'set -e\n./lib/check.sh all\n', 'lib/check.sh': 'true' }, 'lib/check.sh'],
  ['that a recipe runs', 'make test', { Makefile: 'test:\n\t@sh tools/check.sh\n', 'tools/check.sh': 'true' }, 'tools/check.sh'],
  ['that a script sources', 'bash -e verify.sh', { 'verify.sh': '. ./common.sh', 'common.sh': 'true' }, 'common.sh'],
  ['that an interpreter runs', 'python3 tools/check.py', { 'tools/check.py': 'x' }, 'tools/check.py'],
])('a file %s is guarded', async (_, command, base, file) => {
  expect(await guard([command], base, { ...base, [file]: 'exit 0' })).toEqual([`${file}: the verification runs it`]);
});

test('a file that a script only reads is not guarded', async () => {
  const base = { 'verify.sh': 'grep -q Title README.md', 'README.md': 'Title' };
  expect(await guard(['sh verify.sh'], base, { ...base, 'README.md': 'Title, more' })).toEqual([]);
});

test.each([
  ['the script itself', { test: 'vitest' }, { test: 'true' }, 'test'],
  ['one that runs before it', { test: 'vitest' }, { test: 'vitest', pretest: 'exit 0' }, 'pretest'],
  ['one that it calls', { test: 'npm run unit', unit: 'vitest' }, { test: 'npm run unit', unit: 'true' }, 'unit'],
])('a changed package script is found: %s', async (_, before, after, name) => {
  const [base, candidate] = [{ 'package.json': manifest(before) }, { 'package.json': manifest(after) }];
  expect(await guard(['npm run typecheck && npm test'], base, candidate)).toEqual([`package.json: the script "${name}" is changed`]);
});

test('scripts of every workspace count, and scripts that an install runs', async () => {
  const base = { 'package.json': manifest({ test: 'pnpm -r test' }), 'packages/a/package.json': manifest({ test: 'vitest' }) };
  const candidate = { ...base, 'packages/a/package.json': manifest({ test: 'true' }) };
  expect(await guard(['pnpm test'], base, candidate)).toEqual(['packages/a/package.json: the script "test" is changed']);
  const planted = { ...base, 'package.json': manifest({ test: 'pnpm -r test', postinstall: 'node x.js' }) };
  expect(await guard(['npm ci', 'npm test'], base, planted)).toEqual(['package.json: the script "postinstall" is changed']);
});

test('an unreadable manifest is a change, and one more dependency or an unrelated script is not', async () => {
  const base = { 'package.json': manifest({ test: 'vitest' }) };
  expect(await guard(['npm test'], base, { 'package.json': '{' })).not.toEqual([]);
  const candidate = { 'package.json': manifest({ test: 'vitest', docs: 'x' }, { dependencies: { zod: '4' } }) };
  expect(await guard(['npm test'], base, candidate)).toEqual([]);
  expect(await guard(['npm test'], base, { 'package.json': manifest({ test: 'vitest' }, { jest: { testMatch: [] } }) })).toHaveLength(1);
});

test('a file that a package script runs from the folder of its manifest is guarded', async () => {
  const base = { 'web/package.json': manifest({ test: 'node tools/run.mjs' }), 'web/tools/run.mjs': 'x' };
  expect(await guard(['npm --prefix web test'], base, { ...base, 'web/tools/run.mjs': 'y' })).toEqual([
    'web/tools/run.mjs: the verification runs it',
  ]);
});

test.each<[string, string, string, string, number]>([
  [
    'options of pytest',
    'pyproject.toml',
    '[project]\nname = "a"\n[tool.pytest.ini_options]\naddopts = "-q"',
    '[project]\nname = "a"\n[tool.pytest.ini_options]\naddopts = "--co"',
    1,
  ],
  ['a dotted key', 'pyproject.toml', '[project]\nname = "a"', 'tool.pytest.ini_options.addopts = "--co"\n[project]\nname = "a"', 1],
  ['a dependency of Python', 'pyproject.toml', '[project]\ndependencies = []', '[project]\ndependencies = ["requests"]', 0],
  ['switched-off tests of cargo', 'Cargo.toml', '[package]\nname = "a"', '[package]\nname = "a"\nautotests = false', 1],
  ['a dependency of cargo', 'Cargo.toml', '[dependencies]\nserde = "1"', '[dependencies]\nserde = "1"\nrand = "0.9"', 0],
  ['a replaced module of go', 'go.mod', 'module a\n', 'module a\nreplace b => ./b\n', 1],
  ['a required module of go', 'go.mod', 'module a\n', 'module a\nrequire b v1.0.0\n', 0],
])('only the settings count in a file that has settings and dependencies: %s', async (_, file, before, after, count) => {
  expect(await guard(['make'], { [file]: before }, { [file]: after })).toHaveLength(count);
});

test('the operator can name more files', async () => {
  expect(await guard(['sh x'], { 'ci/deep/a.yml': '1' }, { 'ci/deep/a.yml': '2' }, [], ['ci/**'])).toEqual([
    'ci/deep/a.yml: ORCH_GUARDED_FILES names it',
  ]);
});
