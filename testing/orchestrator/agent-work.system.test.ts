import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type TestServices, useServices } from '../harness/use-services.ts';
import { story } from './harness/story.ts';
import { useSite } from './harness/use-daemon.ts';
import { stateOf } from './harness/use-daemon-process.ts';

let services: TestServices;
let sites = 0;
beforeAll(async () => {
  services = await useServices();
});
afterAll(() => services[Symbol.asyncDispose]());

const site = (baseFiles?: Record<string, string>) => useSite(services, `work-${++sites}`, baseFiles);
const agent = 'git config user.name Agent; git config user.email agent@localhost';

test.each([
  ['with commits', 'git init -q web; cd web; echo x > x.txt; git add -A; git commit -q -m inner'],
  ['without a commit', 'git init -q web; echo x > web/x.txt'],
  [
    'that it committed as a submodule',
    'git init -q web; cd web; echo x > x.txt; git add -A; git commit -q -m inner; cd ..; git add -A; git commit -q -m outer',
  ],
  ['made of a folder of the base', 'cd web; git init -q; echo x > x.txt; git add -A; git commit -q -m inner'],
])('the files of a nested repository, %s, land as a folder', async (_, script) => {
  await using here = await site({ 'web/old.txt': 'old\n', '.gitignore': 'cache/\n' });
  const clear = script.startsWith('cd web') ? '' : 'rm -rf web;';
  const task = await story(
    here,
    `${clear} (${script}); mkdir -p web/cache web/inner; echo c > web/cache/c.txt; git init -q web/inner; echo y > web/inner/y.txt`,
  );
  expect(task.status).toBe('done');
  expect(here.repository.files()).toEqual(expect.arrayContaining(['web/inner/y.txt', 'web/x.txt']));
  expect(here.repository.files()).not.toContain('web/cache/c.txt');
  expect(here.repository.inOrigin('ls-tree', '-r', 'main')).not.toContain('160000');
});

test.each([
  ['an absolute link', (away: string) => `ln -s ${away} node_modules`],
  ['a relative link', () => 'mkdir -p a/b; ln -s ../../../elsewhere a/b/node_modules'],
  ['a link through another link', () => 'mkdir -p a; ln -s . a/here; ln -s a/here/../../elsewhere node_modules'],
  ['a link into the git folder', () => 'ln -s .git/config settings'],
  ['a link that it committed', (away: string) => `ln -s ${away} node_modules; git add -f node_modules; git commit -q -m link`],
])('%s that leads out of the worktree does not land, and set-up does not write through it', async (_, script) => {
  await using here = await site({ '.gitignore': 'node_modules/\n' });
  const away = path.join(here.repository.folder, 'away');
  mkdirSync(away);
  writeFileSync(path.join(away, 'precious.txt'), 'precious');
  const env = { ORCH_SETUP_CMD: 'rm -rf node_modules/*; mkdir -p node_modules; echo m > node_modules/m.txt' };
  const task = await story(here, `rm -rf node_modules; echo w > w.txt; ${script(away)}`, { env });
  expect(task).toMatchObject({ held: true, release_reason: 'needs_human' });
  expect(task.notes).toContain('a link that leads out of the repository');
  expect(here.repository.files('task/one')).toContain('w.txt');
  expect(here.repository.inOrigin('log', '--all', '--format=', '--name-only')).not.toMatch(/node_modules|settings/);
  expect(readdirSync(away)).toEqual(['precious.txt']);
});

test('a link inside the worktree lands', async () => {
  await using here = await site({ 'docs/a.txt': 'a\n' });
  expect((await story(here, 'mkdir sub; ln -s ../docs/a.txt sub/a.txt; ln -s docs latest')).status).toBe('done');
  expect(here.repository.inOrigin('ls-tree', '-r', 'main', 'latest', 'sub/a.txt').match(/120000/g)).toHaveLength(2);
});

test.each([
  ['a file whose name says secret', 'echo KEY=1 > .env.local', '.env.local', 'secret'],
  ['a secret that it committed', 'echo key > server.key; git add -A; git commit -q -m key; echo more > more.txt', 'server.key', 'secret'],
  ['a file over the limit', 'truncate -s 101M huge.bin', 'huge.bin', 'MiB'],
  ['a FIFO', 'mkfifo pipe', 'pipe', 'neither a file'],
])('%s is held for a person, who is told where it is; the rest is on the branch', async (_, script, name, why) => {
  await using here = await site();
  const task = await story(here, `echo w > w.txt; ${script}`);
  expect(task).toMatchObject({ held: true, release_reason: 'needs_human', branch: 'task/one' });
  expect(task.notes).toContain(`- ${name} (`);
  expect(task.notes).toContain(why);
  expect(here.repository.files('task/one')).toContain('w.txt');
  expect(here.repository.inOrigin('log', '--all', '--format=', '--name-only')).not.toContain(name);
  const kept = path.join(stateOf(here), 'kept');
  if (name !== 'pipe') expect(existsSync(path.join(kept, readdirSync(kept)[0] ?? '', name))).toBe(true);
});

test('text that only looks like a setting, and a secret that is already on the base, land', async () => {
  await using here = await site({ '.env': 'A=1\n' });
  expect((await story(here, 'echo A= > .env.example; echo A=2 > .env')).status).toBe('done');
  expect(here.repository.files()).toContain('.env.example');
  expect(here.repository.inOrigin('show', 'main:.env')).toBe('A=2\n');
});

test('commits with conflict markers go back to the agent, and do not land', async () => {
  await using here = await site();
  const text = "'<<<<<<< HEAD\\nmine\\n=======\\ntheirs\\n>>>>>>> origin/main\\n'";
  const script = `if [ "$FEEDBACK" = 0 ]; then printf ${text} > merged.txt; git add -A; git commit -q -m merged; else grep -q 'conflict markers' "$PROMPT"; echo both > merged.txt; fi`;
  expect((await story(here, script)).status).toBe('done');
  expect(here.starts()).toHaveLength(2);
  expect(here.repository.inOrigin('show', 'main:merged.txt')).toBe('both\n');
});

test('a heading underlined with seven signs is not a conflict', async () => {
  await using here = await site();
  expect((await story(here, "printf 'Heading\\n=======\\n' > doc.rst")).status).toBe('done');
});

test.each([
  ['does nothing', 'true'],
  ['commits it', `${agent}; git add -A; git commit -q -m all`],
])('what set-up writes does not count as work: an agent that %s has changed nothing', async (_, script) => {
  await using here = await site({ 'lock.json': '1\n' });
  const task = await story(here, script, { env: { ORCH_SETUP_CMD: 'echo made > made.txt; echo 2 > lock.json' } });
  expect(task.notes).toContain('an empty diff is not done');
});

test('files that set-up wrote do not land with the work, unless the agent changed them', async () => {
  const setUp = '[ -e kept.txt ] || { echo made > made.txt; echo made > kept.txt; echo 2 > lock.json; echo 2 > other.json; }\n';
  await using here = await site({ 'lock.json': '1\n', 'other.json': '1\n', 'prepare.sh': setUp });
  const script = 'echo w > w.txt; echo changed > kept.txt; echo 3 > other.json; git add -A; git commit -q -m all';
  expect((await story(here, script, { env: { ORCH_SETUP_CMD: 'sh prepare.sh' } })).status).toBe('done');
  expect(here.repository.files()).toEqual(expect.arrayContaining(['kept.txt', 'w.txt']));
  expect(here.repository.files()).not.toContain('made.txt');
  expect(here.repository.inOrigin('show', 'main:lock.json')).toBe('1\n');
  expect(here.repository.inOrigin('show', 'main:other.json')).toBe('3\n');
});

test.each([
  ['deletes its repository', 'rm -rf "$(git rev-parse --path-format=absolute --git-common-dir)"'],
  ['breaks its configuration', 'git config core.repositoryformatversion 99'],
  ['sets another work tree', 'git config core.worktree /tmp'],
  ['leaves a lock', 'touch "$(git rev-parse --path-format=absolute --git-common-dir)/packed-refs.lock" "$(git rev-parse --git-dir)/index.lock"'],
  ['begins an unrelated history', 'git checkout -q --orphan fresh; git add -A; git commit -q -m fresh'],
])('the files of an agent that %s are saved', async (_, script) => {
  await using here = await site();
  expect((await story(here, `echo w > w.txt; ${script}`)).status).toBe('done');
  expect(here.repository.files()).toContain('w.txt');
  expect(readFileSync(path.join(stateOf(here), 'clean.git/HEAD'), 'utf8')).toContain('refs/heads');
});

test('commits on other branches and in the stash are kept in the clean clone', async () => {
  await using here = await site();
  const script = `
echo w > w.txt; git add -A; git commit -q -m w
git checkout -q -b side; echo side > side.txt; git add -A; git commit -q -m side; git checkout -q task/one
echo stashed > w.txt; git stash -q`;
  expect((await story(here, script)).status).toBe('done');
  const kept = execFileSync(
    'git',
    ['--git-dir', path.join(stateOf(here), 'clean.git'), 'for-each-ref', '--format=%(subject)', 'refs/dispatcher/kept'],
    {
      encoding: 'utf8',
    },
  );
  expect(kept.trim().split('\n').sort()).toEqual([expect.stringMatching(/^WIP on task\/one/), 'side']);
});
