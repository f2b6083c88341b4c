import { existsSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type TestServices, useServices } from '../harness/use-services.ts';
import { expectOrder } from './harness/expect-order.ts';
import { processesWith } from './harness/processes.ts';
import { type Site, useDaemon, useSite } from './harness/use-daemon.ts';

let services: TestServices;
let sites = 0;
beforeAll(async () => {
  services = await useServices();
});
afterAll(() => services[Symbol.asyncDispose]());

const site = (baseFiles?: Record<string, string>) => useSite(services, `agents-${++sites}`, baseFiles);

/** Lets a daemon work on one task whose agent runs `script`, until the task is done or released. */
async function story(here: Site, script: string, { env = {}, title = 'Do it' }: { env?: Record<string, string>; title?: string } = {}) {
  await here.task('one', script, title);
  await using running = await useDaemon(here, env);
  const task = await here.until('one', ({ status, attempts }) => status === 'done' || (status === 'pending' && attempts > 0));
  await running.drain();
  expectOrder(here);
  return task;
}

test('a task is built, verified and merged, and its commit names it', async () => {
  await using here = await site();
  const task = await story(here, 'echo hello > hello.txt', { title: 'Say hello' });
  const { repository } = here;
  expect(task.status).toBe('done');
  expect(task.commits).toEqual([repository.inOrigin('rev-parse', 'main').trim()]);
  expect(repository.inOrigin('log', '-1', '--format=%s|%(trailers:key=Dispatcher-Task,valueonly,separator=)', 'main').trim()).toBe('Say hello|one');
  expect(repository.files()).toEqual(['README.md', 'check.sh', 'hello.txt', 'tests/first.test.txt']);
  expect(repository.git('for-each-ref', 'refs/heads/task')).toBe('');
});

test('when an agent fails, the task is released with its exit code and log, and its work is kept', async () => {
  await using here = await site();
  const task = await story(here, 'echo half > half.txt; exit 3');
  expect(task.notes).toMatch(/exit code 3.*\.log/s);
  expect(task.branch).toBe('task/one');
  expect(here.repository.files('task/one')).toContain('half.txt');
  const waits = Date.parse(task.available_at ?? '') - Date.now();
  expect(waits).toBeGreaterThan(30_000);
  expect(waits).toBeLessThanOrEqual(60_000);
});

test('an agent that writes nothing does not complete its task', async () => {
  await using here = await site();
  expect((await story(here, 'true')).notes).toContain('an empty diff is not done');
});

test('an agent that takes too long is stopped with all its child processes, and the reason is timeout', async () => {
  await using here = await site();
  const task = await story(here, 'trap "" TERM; sleep 7231 & sleep 7231', { env: { ORCH_AGENT_TIMEOUT_MINUTES: '0.01' } });
  expect(task.release_reason).toBe('timeout');
  expect(processesWith('7231')).toEqual([]);
});

test('work that fails its verification goes back to the agent with the output, and lands when it is right', async () => {
  await using here = await site();
  const script = `if [ "$FEEDBACK" = 0 ]; then echo BROKEN > a.txt; else grep -q 'a file is BROKEN' "$PROMPT"; echo right > a.txt; fi`;
  expect((await story(here, script)).status).toBe('done');
  expect(here.starts()).toHaveLength(2);
});

test('a task whose work fails its verification twice is released with the end of the log, and main does not move', async () => {
  await using here = await site();
  const task = await story(here, 'echo BROKEN > a.txt');
  expect(task.notes).toContain('The verify command');
  expect(task.context_handoff).toContain('a file is BROKEN');
  expect(here.repository.history()).toHaveLength(1);
  expect(here.starts()).toHaveLength(2);
});

test('planted hooks, filters and watchers do not run in the git of the daemon', async () => {
  await using here = await site();
  const marks = path.join(here.repository.folder, 'planted');
  const script = `
common=$(git rev-parse --path-format=absolute --git-common-dir)
mkdir -p "$common/hooks" ${marks}
for hook in post-checkout post-commit pre-commit reference-transaction pre-push post-merge post-index-change; do
  printf '#!/bin/sh\\ntouch ${marks}/%s\\n' "$hook" > "$common/hooks/$hook"; chmod +x "$common/hooks/$hook"
done
printf '#!/bin/sh\\ntouch ${marks}/fsmonitor\\n' > "$common/watch"; chmod +x "$common/watch"
git config core.fsmonitor "$common/watch"
git config filter.evil.clean "touch ${marks}/clean; cat"
git config filter.evil.smudge "touch ${marks}/smudge; cat"
git config filter.evil.required true
git config commit.gpgSign true
git config gpg.program "$common/watch"
echo '*.txt filter=evil' > .gitattributes
echo more > more.txt
rm -rf ${marks}; mkdir ${marks}`;
  expect(await story(here, script)).toMatchObject({ held: true, notes: expect.stringContaining('filter "evil"') });
  await here.task('two', 'true');
  await using running = await useDaemon(here);
  await here.until('two', ({ status, attempts }) => status === 'pending' && attempts > 0);
  await running.drain();
  const { readdirSync } = await import('node:fs');
  expect(readdirSync(marks)).toEqual([]);
});

test.each([
  ['the script that verifies', 'echo true > check.sh', 'check.sh: the verification runs it'],
  ['a test', 'git rm -q tests/first.test.txt', 'tests/first.test.txt: a test is deleted'],
])('when an agent rewrites or deletes %s, a person must review it', async (_, script, words) => {
  await using here = await site();
  const task = await story(here, `${script}; echo work > work.txt`);
  expect(task).toMatchObject({ status: 'pending', held: true, release_reason: 'needs_human', branch: 'task/one' });
  expect(task.notes).toContain(words);
  expect(here.repository.history()).toHaveLength(1);
});

test('a person must review changes to a script behind a cd, and to settings of a test runner in another folder', async () => {
  await using here = await site({ 'backend/verify.sh': 'sh ../check.sh\n', 'backend/pyproject.toml': '[project]\nname = "a"\n' });
  const env = { ORCH_VERIFY_CMD: `cd backend && ./verify.sh; cd .. && ${here.repository.verifyCommand}` };
  const script = `echo 'exit 0' > backend/verify.sh; printf '[tool.pytest.ini_options]\\naddopts = "--co"\\n' >> backend/pyproject.toml`;
  const task = await story(here, script, { env });
  expect(task).toMatchObject({ held: true, release_reason: 'needs_human' });
  expect(task.notes).toContain('- backend/verify.sh: the verification runs it');
  expect(task.notes).toContain('- backend/pyproject.toml: a part of it');
});

test('a changed package script is noticed with the default verification', async () => {
  const manifest = (test: string) => JSON.stringify({ scripts: { test } });
  await using here = await site({ 'package.json': manifest('sh check.sh') });
  const env = { ORCH_VERIFY_CMD: '' };
  const task = await story(here, `printf '%s' '${manifest('true')}' > package.json`, { env });
  expect(task.notes).toContain('the script "test" is changed');
});

test('processes that an agent starts in the background end with it', async () => {
  await using here = await site();
  const task = await story(here, '(sleep 7232 &) ; setsid sleep 7232 & env -i setsid -f sleep 7232; echo x > x.txt');
  expect(task.status).toBe('done');
  expect(processesWith('7232')).toEqual([]);
});

test('files that an agent writes outside its worktree are neither merged nor trusted', async () => {
  await using here = await site();
  const script = `
echo BROKEN > ${here.repository.repo}/outside.txt
git commit -q --allow-empty -m stray
git update-ref refs/remotes/origin/main HEAD
git update-ref refs/heads/main HEAD
git push -q origin HEAD:main && exit 9
echo inside > inside.txt`;
  expect((await story(here, script)).status).toBe('done');
  expect(here.repository.files()).toContain('inside.txt');
  expect(here.repository.files()).not.toContain('outside.txt');
  expect(existsSync(path.join(here.repository.repo, 'outside.txt'))).toBe(true);
});

test.each([
  ['switches the branch', 'git checkout -q -b elsewhere; echo w > w.txt; git add -A; git commit -q -m elsewhere'],
  ['detaches HEAD', 'git checkout -q --detach; echo w > w.txt; git add -A; git commit -q -m detached'],
  ['makes a repository of its own', 'rm .git; git init -q .; echo w > w.txt'],
  ['leaves an empty repository inside', 'git init -q inside; echo w > w.txt'],
  [
    'removes the lock and commits another',
    'rm -f .orchestrator.lock; echo x > .orchestrator.lock; git add -f .orchestrator.lock; echo w > w.txt; git commit -q -m lock',
  ],
  ['goes back to where it began', 'echo w > w.txt; git add -A; git commit -q -m w; git checkout -q --detach HEAD~1'],
])('the work of an agent that %s is found', async (_, script) => {
  await using here = await site();
  expect((await story(here, script)).status).toBe('done');
  expect(here.repository.files()).toContain('w.txt');
  expect(here.repository.files()).not.toContain('.orchestrator.lock');
});

test('a title full of shell and git syntax, and an id that is not a valid ref, do no harm', async () => {
  await using here = await site();
  const title = `$(touch /tmp/pwned) \`id\` --upload-pack=x; rm -rf ~ "'\\ %H\n\nDispatcher-Task: other\u0007\u2028x`;
  await here.task('a..b.lock', 'echo y > y.txt', title);
  await using running = await useDaemon(here);
  await here.until('a..b.lock', ({ status }) => status === 'done');
  await running.drain();
  expectOrder(here);
  const log = here.repository.inOrigin('log', '-1', '--format=%s%x00%(trailers:key=Dispatcher-Task,valueonly,separator=%x2C)', 'main').trim();
  expect(log.split('\0')).toEqual([`$(touch /tmp/pwned) \`id\` --upload-pack=x; rm -rf ~ "'\\ %H Dispatcher-Task: other x`, 'a..b.lock']);
  expect(existsSync('/tmp/pwned')).toBe(false);
});

test('an agent gets no keys and no database addresses, and the text of its task is marked as data', async () => {
  await using here = await site();
  const script = 'env > env.txt; cp "$PROMPT" prompt.txt';
  await story(here, script, {
    env: { DATABASE_URL: 'postgres://secret', AWS_SECRET_ACCESS_KEY: 'secret', NPM_TOKEN: 'secret', ANTHROPIC_API_KEY: 'for-agents' },
  });
  const env = here.repository.inOrigin('show', 'main:env.txt');
  expect(env).toContain('ANTHROPIC_API_KEY=for-agents');
  expect(env).not.toMatch(/secret|DISPATCHER_API_KEY|DATABASE_URL|sk_/);
  expect(here.repository.inOrigin('show', 'main:prompt.txt')).toMatch(/----- BEGIN TASK (\w{18}) -----\nDo it\n[\s\S]*----- END TASK \1 -----/);
});

test('when agents cannot start, the daemon pauses and keeps the claim, and no attempt is spent', async () => {
  await using here = await site();
  const failing = path.join(here.repository.folder, 'fail-twice');
  await here.task(
    'one',
    `if [ ! -e ${failing}.3 ]; then mv ${failing}.2 ${failing}.3 || mv ${failing}.1 ${failing}.2 || touch ${failing}.1; exit 127; fi; echo ok > ok.txt`,
  );
  await using running = await useDaemon(here);
  await here.until('one', () => running.daemon.context.pause.current !== null);
  const done = await here.until('one', ({ status }) => status === 'done');
  await running.drain();
  expect(done.attempts).toBe(1);
  expect(here.starts()).toHaveLength(4);
  expectOrder(here);
});
