import { writeFileSync } from 'node:fs';
import path from 'node:path';
import type { Task } from '@recursiv/sdk';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type TestServices, useServices } from '../harness/use-services.ts';
import { expectOrder } from './harness/expect-order.ts';
import { contentOf } from './harness/story.ts';
import { type Site, until, useSite } from './harness/use-daemon.ts';
import { type DaemonProcess, recordsOf, useDaemonProcess } from './harness/use-daemon-process.ts';

let services: TestServices;
beforeAll(async () => {
  services = await useServices();
});
afterAll(() => services[Symbol.asyncDispose]());

/** To run it for an hour: DISPATCHER_TEST_MINUTES=60 npm test -- testing/orchestrator/swarm-day */
const minutes = Number(process.env.DISPATCHER_TEST_MINUTES ?? 0);
const limitMs = 240_000;

/** What the agents do in one round, and how each task must end. `id` is the task's id. */
const endings: Readonly<Record<string, readonly [script: (id: string) => string, end: 'done' | 'held' | 'given back' | 'any']>> = {
  merged: [(id) => `echo w > ${id}.txt`, 'done'],
  'a-secret': [(id) => `echo w > ${id}.txt; echo KEY=1 > .env.${id}`, 'held'],
  'deletes-a-test': [(id) => `echo w > ${id}.txt; git rm -q tests/first.test.txt`, 'held'],
  fails: [(id) => `echo half > ${id}.txt; git add -A; git commit -q -m half; exit 3`, 'given back'],
  'changes-nothing': [() => 'true', 'given back'],
  'does-not-verify': [(id) => `echo BROKEN > ${id}.txt`, 'given back'],
  'is-killed': [(id) => `echo half > ${id}.txt; kill -9 $$`, 'given back'],
  'one-side': [(id) => `sleep 0.5; echo ${id} > README.md`, 'any'],
  'other-side': [(id) => `sleep 0.5; echo ${id} > README.md`, 'any'],
  stashes: [
    (id) =>
      `echo w > ${id}.txt; echo s > README.md; git stash -q; git stash list | grep -c . | grep -qx 1; git stash pop -q; git checkout -q README.md`,
    'done',
  ],
  'leaves-a-stash': [(id) => `echo s > README.md; git stash -q; echo w > ${id}.txt`, 'done'],
  configures: [(id) => `git config core.bare true; git config user.name Mallory; git remote set-url origin /nowhere; echo w > ${id}.txt`, 'done'],
  pushes: [
    (id) =>
      `echo w > ${id}.txt; git add -A; git commit -q -m w; ! git push -q --force origin HEAD:main; ! git push -q origin HEAD:refs/heads/planted`,
    'done',
  ],
  'moves-branches': [
    (id) => `echo w > ${id}.txt; git branch -f main HEAD; git tag planted-${id}; git checkout -q -b other-${id}; git branch -D task/${id}`,
    'done',
  ],
  'collects-garbage': [
    (id) => `git reflog expire --expire=now --all; git gc -q --prune=now; git fsck --connectivity-only; echo w > ${id}.txt`,
    'done',
  ],
  'deletes-its-repository': [(id) => `echo w > ${id}.txt; rm -rf "$(git rev-parse --path-format=absolute --git-common-dir)"`, 'done'],
  'plants-hooks': [
    (id) =>
      `h="$(git rev-parse --path-format=absolute --git-common-dir)/hooks"; mkdir -p "$h"; printf '#!/bin/sh\\ntouch /tmp/planted' > "$h/pre-push"; chmod +x "$h/pre-push"; echo w > ${id}.txt`,
    'done',
  ],
};

test(`tasks of every ending, with daemons that are killed, leave the user's checkout as it was, byte for byte${minutes > 0 ? `, for ${minutes} minutes` : ''}`, {
  timeout: 900_000 + minutes * 90_000,
}, async () => {
  await using here = await useSite(services, 'swarm-day');
  keepThingsInCheckout(here);
  const before = contentOf(here.repository.repo);
  const env = { MAX_AGENTS: '2' };
  const daemons: DaemonProcess[] = [await useDaemonProcess(here, env), await useDaemonProcess(here, env)];
  await using _daemons = { [Symbol.asyncDispose]: async () => void (await Promise.all(daemons.map((daemon) => daemon[Symbol.asyncDispose]()))) };
  const begun = performance.now();
  let rounds = 0;
  do {
    rounds += 1;
    const ids = await createTasks(here, rounds);
    await until(
      () => recordsOf(here).length,
      (count) => count > 0,
      limitMs,
    );
    await daemons.shift()?.kill();
    daemons.push(await useDaemonProcess(here, env));
    for (const [id, name] of ids) await expectEnd(here, id, name);
    expect(contentOf(here.repository.repo), `the checkout after round ${rounds}`).toEqual(before);
  } while (performance.now() - begun < minutes * 60_000);
  expect(await Promise.all(daemons.map((daemon) => daemon.drain()))).toEqual([0, 0]);
  expect(contentOf(here.repository.repo), 'the checkout in the end').toEqual(before);
  expect(here.repository.inOrigin('for-each-ref', '--format=%(refname)', 'refs/heads/planted', 'refs/tags')).toBe('');
  expect(here.repository.inOrigin('log', '--format=%an', 'main')).not.toContain('Mallory');
  expectOrder(here);
  if (minutes > 0) process.stdout.write(`${rounds} rounds of ${Object.keys(endings).length} tasks\n`);
});

/** What a person may have in a checkout: a stash, a branch named like an agent's, changed, staged and new files. */
function keepThingsInCheckout({ repository: { git, repo } }: Site): void {
  const write = (file: string, content: string) => writeFileSync(path.join(repo, file), content);
  git('config', 'user.name', 'Person');
  git('config', 'user.email', 'person@localhost');
  write('README.md', 'private');
  git('stash', '-q');
  git('branch', 'task/1-merged');
  write('staged.txt', 'staged');
  git('add', 'staged.txt');
  write('README.md', 'changed');
  write('new.txt', 'new');
}

/** Creates the tasks. Answers the name of the ending of each. */
async function createTasks(here: Site, round: number): Promise<Map<string, string>> {
  const ids = new Map(Object.keys(endings).map((name) => [`${round}-${name}`, name]));
  for (const [id, name] of ids) await here.task(id, endings[name]?.[0](id) ?? '');
  return ids;
}

async function expectEnd(here: Site, id: string, name: string): Promise<void> {
  const isOver = ({ status, held, attempts, claim }: Task) => status === 'done' || held || (attempts > 0 && claim === null);
  const task = await until(async () => (await here.dispatcher.get(id)).data, isOver, limitMs);
  const end = task.status === 'done' ? 'done' : task.held ? 'held' : 'given back';
  const wanted = endings[name]?.[1];
  if (wanted !== 'any') expect(end, `${id}: ${task.notes}`).toBe(wanted);
}
