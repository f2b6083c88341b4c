import { execFileSync } from 'node:child_process';
import { mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type TestServices, useServices } from '../harness/use-services.ts';
import { expectOrder } from './harness/expect-order.ts';
import { contentOf, story } from './harness/story.ts';
import { type Site, useDaemon, useSite } from './harness/use-daemon.ts';
import { stateOf } from './harness/use-daemon-process.ts';

let services: TestServices;
let sites = 0;
beforeAll(async () => {
  services = await useServices();
});
afterAll(() => services[Symbol.asyncDispose]());

const site = (baseFiles?: Record<string, string>) => useSite(services, `isolation-${++sites}`, baseFiles);

/** Creates a home folder with this git configuration. */
function homeWith(here: Site, config: string): Record<string, string> {
  const home = path.join(here.repository.folder, 'home');
  mkdirSync(home);
  writeFileSync(path.join(home, '.gitconfig'), config);
  return { HOME: home };
}

test("the user's sparse checkout is not inherited", async () => {
  await using here = await site({ 'in/a.txt': 'a\n', 'out/b.txt': 'b\n' });
  here.repository.git('sparse-checkout', 'set', 'in');
  expect((await story(here, 'echo changed > out/b.txt; mkdir new; echo n > new/n.txt')).status).toBe('done');
  expect(here.repository.inOrigin('show', 'main:out/b.txt')).toBe('changed\n');
  expect(here.repository.files()).toContain('new/n.txt');
});

test("agents that stash and pop at the same time get their own files, and the user's stash stays", async () => {
  await using here = await site();
  const { repository } = here;
  writeFileSync(path.join(repository.repo, 'README.md'), 'private');
  repository.git('-c', 'user.name=P', '-c', 'user.email=p@localhost', 'stash', '-q');
  const before = contentOf(repository.repo);
  const ids = ['one', 'two', 'three'];
  const meet = ids.map((id) => `[ -e ${repository.folder}/${id}.stashed ]`).join(' && ');
  for (const id of ids) {
    await here.task(
      id,
      `echo ${id} > README.md; git stash -q; touch ${repository.folder}/${id}.stashed; until ${meet}; do sleep 0.02; done; git stash pop -q; cp README.md ${id}.txt; git checkout -q README.md`,
    );
  }
  await using running = await useDaemon(here, { MAX_AGENTS: '3' });
  for (const id of ids) await here.until(id, ({ status }) => status === 'done');
  await running.drain();
  for (const id of ids) expect(repository.inOrigin('show', `main:${id}.txt`)).toBe(`${id}\n`);
  expect(contentOf(repository.repo)).toEqual(before);
  expectOrder(here);
});

test.each([
  ['core.bare', 'git config core.bare true'],
  ['the address of origin', 'git remote set-url origin /nowhere'],
  ['hooks and author', 'git config core.hooksPath /tmp; git config user.name Mallory'],
  ['branches and tags', 'git branch -f main HEAD~0; git tag planted; git update-ref refs/remotes/origin/main HEAD'],
])("an agent that changes %s changes neither the user's checkout nor the next run", async (_, script) => {
  await using here = await site();
  expect((await story(here, `echo one > one.txt; ${script}`)).status).toBe('done');
  expect((await story(here, 'echo two > two.txt', { id: 'two' })).status).toBe('done');
  expect(here.repository.inOrigin('log', '-1', '--format=%an', 'main').trim()).not.toBe('Mallory');
});

test("a person who has checked out the task's branch keeps the branch and the commits on it", async () => {
  await using here = await site();
  const { git } = here.repository;
  git('checkout', '-q', '-b', 'task/one');
  git('-c', 'user.name=P', '-c', 'user.email=p@localhost', 'commit', '-q', '--allow-empty', '-m', 'By hand');
  const task = await story(here, 'echo w > w.txt');
  expect(task).toMatchObject({ status: 'done', attempts: 1 });
  expect(git('log', '-1', '--format=%s', 'task/one').trim()).toBe('By hand');
  expect(here.repository.inOrigin('log', '--all', '--format=%s')).not.toContain('By hand');
});

test("an agent's line endings land as the user's git settings say", async () => {
  await using here = await site({ 'dos.txt': 'a\nb\n', '.gitattributes': '*.sh text eol=lf\n' });
  const env = homeWith(here, '[core]\n\tautocrlf = true\n');
  const script = "grep -c \"$(printf '\\r')\" dos.txt > count.txt; printf 'x\\ny\\n' > unix.txt";
  expect((await story(here, script, { env })).status).toBe('done');
  expect(here.repository.inOrigin('show', 'main:count.txt').trim()).toBe('2');
  expect(here.repository.inOrigin('show', 'main:dos.txt')).toBe('a\nb\n');
  expect(here.repository.inOrigin('show', 'main:unix.txt')).toBe('x\ny\n');
});

test('a git name without an email address gets one, for the agent and for the work it leaves behind', async () => {
  await using here = await site();
  const env = homeWith(here, '[user]\n\tname = Half\n\tuseConfigOnly = true\n');
  const script =
    'unset GIT_AUTHOR_NAME GIT_AUTHOR_EMAIL GIT_COMMITTER_NAME GIT_COMMITTER_EMAIL; echo a > a.txt; git add -A; git commit -q -m a; echo b > b.txt';
  expect((await story(here, script, { env })).status).toBe('done');
  expect(here.repository.inOrigin('log', '-1', '--format=%an <%ae>', 'main').trim()).toBe('Half <agent@localhost>');
});

test('work that cannot be saved stays on disk, the notes say where, and the task is released with the reason', async () => {
  await using here = await site();
  const script = `echo w > w.txt; mv ${here.repository.folder}/state/dispatcher/orchestrator/repositories/*/clean.git/objects ${here.repository.folder}/objects; exit 4`;
  await here.task('one', script);
  await using running = await useDaemon(here);
  const task = await here.until('one', ({ status, attempts }) => status === 'pending' && attempts > 0);
  expect(task.notes).toMatch(/exit code 4|clean\.git/);
  const kept = /is kept in (\S+)\.$/m.exec(task.notes ?? '')?.[1] ?? '';
  renameSync(path.join(here.repository.folder, 'objects'), path.join(stateOf(here), 'clean.git/objects'));
  await running.drain();
  expect(contentOf(kept)).toHaveProperty('w.txt');
  rmSync(path.dirname(kept), { recursive: true });
  expectOrder(here);
});

test.runIf(process.getuid?.() === 0)('a repository and an origin that another user owns work when git lists them as safe', async () => {
  await using here = await site();
  const env = homeWith(here, '[safe]\n\tdirectory = *\n');
  execFileSync('chown', ['-R', '65534', here.repository.repo, here.repository.origin]);
  await here.task('one', 'echo w > w.txt');
  await using running = await useDaemon(here, env);
  const task = await here.until('one', ({ status, attempts }) => status === 'done' || (status === 'pending' && attempts > 0));
  await running.drain();
  execFileSync('chown', ['-R', '0', here.repository.repo, here.repository.origin]);
  expect(task.status, task.notes ?? '').toBe('done');
  expectOrder(here);
});

test("the verification finds tags and the base, and its folder's path has no dot", async () => {
  await using here = await site();
  here.repository.git('tag', 'v1.2');
  here.repository.git('push', '-q', 'origin', 'v1.2');
  const found = path.join(here.repository.folder, 'found');
  const look = `{ git describe --tags; git rev-parse origin/main; pwd; } > ${found}`;
  const script = 'git describe --tags > tag.txt; git log -1 --format=%H origin/main > base.txt';
  const base = here.repository.inOrigin('rev-parse', 'main').trim();
  const env = { ORCH_VERIFY_CMD: `${look} && ${here.repository.verifyCommand}` };
  expect((await story(here, script, { env })).status).toBe('done');
  const [tag, commit, folder] = execFileSync('cat', [found], { encoding: 'utf8' }).split('\n');
  expect([tag, commit]).toEqual([expect.stringMatching(/^v1\.2/), base]);
  expect(folder?.slice(here.repository.folder.length)).not.toContain('.');
  expect(here.repository.inOrigin('show', 'main:tag.txt').trim()).toBe('v1.2');
  expect(here.repository.inOrigin('show', 'main:base.txt').trim()).toBe(base);
});

test("lock files that a killed git left in the user's repository and in our own block nothing", async () => {
  await using here = await site();
  await story(here, 'echo zero > zero.txt', { id: 'zero' });
  for (const name of ['packed-refs.lock', 'refs/heads/main.lock', 'index.lock']) {
    writeFileSync(path.join(here.repository.repo, '.git', name), '');
    if (name !== 'index.lock') writeFileSync(path.join(stateOf(here), 'clean.git', name), '');
  }
  expect(await story(here, 'echo w > w.txt')).toMatchObject({ status: 'done', attempts: 1 });
});

test('a branch on origin that is older than the task belongs to another task, and is kept', async () => {
  await using here = await site();
  const { git } = here.repository;
  git('checkout', '-q', '-b', 'task/one');
  writeFileSync(path.join(here.repository.repo, 'theirs.txt'), 'theirs');
  git('add', '-A');
  execFileSync('git', ['-c', 'user.name=P', '-c', 'user.email=p@localhost', 'commit', '-q', '-m', 'Theirs'], {
    cwd: here.repository.repo,
    env: { ...here.env, GIT_COMMITTER_DATE: '2020-01-01T00:00:00Z' },
  });
  git('push', '-q', 'origin', 'task/one');
  git('checkout', '-q', 'main');
  expect((await story(here, 'echo w > w.txt')).status).toBe('done');
  expect(here.repository.files()).not.toContain('theirs.txt');
  expect(here.repository.inOrigin('for-each-ref', '--format=%(refname:short)', 'refs/heads/task').trim()).toBe('task/one');
  expect(here.repository.files('task/one')).toContain('theirs.txt');
});

test.each([
  ['Git LFS', { '.gitattributes': '*.bin filter=lfs diff=lfs merge=lfs -text\n' }, 'Git LFS (.gitattributes)'],
  ['another filter', { 'sub/.gitattributes': '*.key filter=git-crypt\n' }, 'the filter "git-crypt"'],
])('a base that uses %s is refused at the start', async (_, files, words) => {
  await using here = await site(files);
  await expect(useDaemon(here)).rejects.toThrow(words);
});

test('a base with a submodule is refused at the start', async () => {
  await using here = await site();
  const { git } = here.repository;
  git('update-index', '--add', '--cacheinfo', `160000,${git('rev-parse', 'HEAD').trim()},vendored`);
  git('-c', 'user.name=P', '-c', 'user.email=p@localhost', 'commit', '-q', '-m', 'Submodule');
  git('push', '-q', 'origin', 'main');
  await expect(useDaemon(here)).rejects.toThrow('has a submodule (vendored)');
});
