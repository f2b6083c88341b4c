import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';
import type { Task } from '@recursiv/sdk';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type TestServices, useServices } from '../harness/use-services.ts';
import { expectOrder } from './harness/expect-order.ts';
import { contentOf } from './harness/story.ts';
import { type Site, useDaemon, useSite } from './harness/use-daemon.ts';
import { stateOf } from './harness/use-daemon-process.ts';

let services: TestServices;
beforeAll(async () => {
  services = await useServices();
});
afterAll(() => services[Symbol.asyncDispose]());

/** How one task must end, and what must be on the base afterwards. */
interface Case {
  readonly script: string;
  readonly end: 'done' | 'held' | 'given back';
  /**
   * `lands`: files that are on the base afterwards, with their content or mode where it matters. `stays`: files that
   * are not.
   */
  readonly lands?: Readonly<Record<string, string | true>>;
  readonly stays?: readonly string[];
  readonly notes?: string;
  readonly description?: string;
}

const common = '"$(git rev-parse --path-format=absolute --git-common-dir)"';

/** What agents do to git. Each case is close to one that went wrong before. `ID` stands for the task. */
const cases: Readonly<Record<string, Case>> = {
  // Repositories inside the repository.
  'bare-inside': { script: 'git init -q --bare ID.git; echo w > ID.txt', end: 'done', lands: { 'ID.txt': true, 'ID.git/HEAD': true } },
  'gitfile-inside': {
    script: "mkdir ID; echo 'gitdir: /nowhere' > ID/.git; echo w > ID/w.txt",
    end: 'done',
    lands: { 'ID/w.txt': 'w\n' },
    stays: ['ID/.git'],
  },
  'ignored-inside': {
    script: 'mkdir -p cache; git init -q cache/ID; echo x > cache/ID/x.txt; echo w > ID.txt',
    end: 'done',
    stays: ['cache/ID/x.txt'],
  },
  'submodule-inside': {
    script:
      'git init -q ID; (cd ID; echo w > w.txt; git add -A; git commit -q -m w); git -c protocol.file.allow=always submodule --quiet add ./ID ID 2>&1 || true',
    end: 'done',
    lands: { 'ID/w.txt': 'w\n' },
  },
  // Links.
  'link-for-folder': { script: 'rm -rf docs; ln -s /usr docs; echo w > ID.txt', end: 'held', notes: 'a link that leads out' },
  'link-absolute-inside': { script: 'ln -s "$PWD/README.md" ID.md; echo w > ID.txt', end: 'held', notes: 'a link that leads out' },
  'link-loop': { script: 'ln -s ID-loop ID-loop; echo w > ID.txt', end: 'done', lands: { 'ID.txt': true } },
  // Files that are hidden by git's own index.
  'skips-worktree': {
    script: 'echo ID > skipped.txt; git update-index --skip-worktree skipped.txt',
    end: 'done',
    lands: { 'skipped.txt': 'skips-worktree\n' },
  },
  'assumes-unchanged': {
    script: 'git update-index --assume-unchanged assumed.txt; echo ID > assumed.txt',
    end: 'done',
    lands: { 'assumed.txt': 'assumes-unchanged\n' },
  },
  'sparse-by-agent': {
    script: 'git sparse-checkout set docs; mkdir -p docs; echo w > docs/ID.txt',
    end: 'done',
    lands: { 'docs/ID.txt': 'w\n', 'src/a.txt': 'a\n' },
  },
  'excludes-all': { script: `mkdir -p ${common}/info; echo '*' > ${common}/info/exclude; echo w > ID.txt`, end: 'done', lands: { 'ID.txt': true } },
  // Stashes and branches.
  'stash-untracked': { script: 'echo w > ID.txt; git stash -q -u; git stash pop -q', end: 'done', lands: { 'ID.txt': true } },
  'stash-branch': {
    script: 'echo w > ID.txt; git add -A; git stash -q; git stash branch ID; git commit -q -m w',
    end: 'done',
    lands: { 'ID.txt': true },
  },
  'detached-head': { script: 'git checkout -q --detach; echo w > ID.txt; git add -A; git commit -q -m w', end: 'done', lands: { 'ID.txt': true } },
  'on-main': {
    script: 'git checkout -q -B main origin/main; echo w > ID.txt; git add -A; git commit -q -m w',
    end: 'done',
    lands: { 'ID.txt': true },
  },
  'in-a-rebase': {
    script: 'echo w > ID.txt; git add -A; git commit -q -m w; GIT_SEQUENCE_EDITOR="sed -i s/^pick/edit/" git rebase -q -i HEAD~1',
    end: 'done',
    lands: { 'ID.txt': true },
  },
  // The task's repository.
  shallow: {
    script: `git rev-parse HEAD > ${common}/shallow; echo w > ID.txt; git add -A; git commit -q -m w`,
    end: 'done',
    lands: { 'ID.txt': true },
  },
  'replaces-objects': {
    script: 'git replace HEAD^{tree} "$(git mktree < /dev/null)"; echo w > ID.txt',
    end: 'done',
    lands: { 'ID.txt': true, 'src/a.txt': 'a\n' },
  },
  'worktree-config': {
    script: 'git config extensions.worktreeConfig true; git config --worktree core.bare true; echo w > ID.txt',
    end: 'done',
    lands: { 'ID.txt': true },
  },
  'no-alternates': { script: `rm ${common}/objects/info/alternates; echo w > ID.txt`, end: 'done', lands: { 'ID.txt': true } },
  // Conflict markers and trailers.
  'markers-diff3': {
    script: "printf '<<<<<<< a\\n1\\n||||||| b\\n2\\n=======\\n3\\n>>>>>>> c\\n' > ID.txt",
    end: 'given back',
    stays: ['ID.txt'],
    notes: 'conflict markers',
  },
  'markers-crlf': {
    script: "printf '<<<<<<< a\\r\\n1\\r\\n=======\\r\\n3\\r\\n>>>>>>> c\\r\\n' > ID.txt",
    end: 'given back',
    stays: ['ID.txt'],
    notes: 'conflict markers',
  },
  'forges-a-trailer': {
    script: "echo w > ID.txt; git add -A; git commit -q -m 'w\n\nDispatcher-Task: victim'",
    end: 'done',
    lands: { 'ID.txt': true },
  },
  victim: { script: 'echo w > ID.txt', end: 'done', lands: { 'ID.txt': true } },
  // Bytes, modes and names.
  crlf: { script: "printf 'a\\r\\nb\\r\\n' > ID.txt", end: 'done', lands: { 'ID.txt': 'a\r\nb\r\n' } },
  'odd-names': {
    script: 'echo w > \'ID "a" $b.txt\'; echo w > "$(printf \'ID\\tb.txt\')"; echo w > ID-ü.txt',
    end: 'done',
    lands: { 'ID-ü.txt': true, 'ID "a" $b.txt': true },
  },
  'file-for-folder': { script: 'rm -rf old; echo w > old', end: 'done', lands: { old: 'w\n' }, stays: ['old/o.txt'] },
  'long-description': { script: 'echo w > ID.txt', end: 'done', lands: { 'ID.txt': true }, description: `${'A long requirement. '.repeat(2_900)}\n` },
  // Changes that no base may contain.
  'adds-lfs': {
    script: "echo '*.bin filter=lfs diff=lfs merge=lfs -text' > .gitattributes; echo b > ID.bin",
    end: 'held',
    stays: ['ID.bin'],
    notes: 'Git LFS',
  },
  'a-socket': { script: 'mkfifo ID.pipe; mkdir -p deep/er; mkfifo deep/er/ID.pipe; echo w > ID.txt', end: 'held', notes: 'deep/er/a-socket.pipe' },
};

test("each thing that agents do to git ends as it should, on one base, and the user's checkout stays unchanged", { timeout: 900_000 }, async () => {
  const base = { 'src/a.txt': 'a\n', 'docs/d.txt': 'd\n', 'old/o.txt': 'o\n', 'skipped.txt': 's\n', 'assumed.txt': 's\n', '.gitignore': 'cache/\n' };
  await using here = await useSite(services, 'siblings', base);
  const before = contentOf(here.repository.repo);
  await using running = await useDaemon(here, { MAX_AGENTS: '2', ORCH_ATTEMPTS: '1' });
  for (const [id, { script, description = '' }] of Object.entries(cases)) {
    await here.dispatcher.create({ id, title: `Do ${id}`, description: `${description}#!sh\n${script.replaceAll('ID', id)}` });
  }
  const wrong: string[] = [];
  for (const [id, wanted] of Object.entries(cases)) wrong.push(...(await differences(here, id, wanted)));
  await running.drain();
  expect(wrong.join('\n')).toBe('');
  expect(here.repository.inOrigin('ls-tree', '-r', 'main')).not.toContain('160000');
  expect(existsSync(path.join(stateOf(here), 'clean.git/shallow'))).toBe(false);
  execFileSync('git', ['--git-dir', path.join(stateOf(here), 'clean.git'), 'fsck', '--connectivity-only'], { stdio: 'pipe' });
  expect(contentOf(here.repository.repo), 'the checkout of the user').toEqual(before);
  expectOrder(here);
});

/** Describes everything that is wrong. It looks at all cases, so that one failure does not hide the others. */
async function differences(here: Site, id: string, { end, lands = {}, stays = [], notes = '' }: Case): Promise<string[]> {
  const isOver = ({ status, held, attempts, claim }: Task) => status === 'done' || held || (attempts > 0 && claim === null);
  const task = await here.until(id, isOver);
  const found = task.status === 'done' ? 'done' : task.held ? 'held' : 'given back';
  if (found !== end) return [`${id} is ${found}, not ${end}: ${task.notes}`];
  const files = here.repository.inOrigin('ls-tree', '-r', '-z', '--name-only', 'main').split('\0');
  return [
    ...Object.entries(lands).flatMap(([name, content]) => {
      const file = name.replaceAll('ID', id);
      if (!files.includes(file)) return [`${id}: ${file} is not on main`];
      const text = here.repository.inOrigin('show', `main:${file}`);
      return content === true || text === content ? [] : [`${id}: ${file} is ${JSON.stringify(text)}`];
    }),
    ...stays.map((name) => name.replaceAll('ID', id)).flatMap((file) => (files.includes(file) ? [`${id}: ${file} is on main`] : [])),
    ...((task.notes ?? '').includes(notes) ? [] : [`${id}: the notes do not say ${notes}: ${task.notes}`]),
  ];
}
