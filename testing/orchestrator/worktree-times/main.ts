// Measures the time of each step in the life of a task's repository.
import { execFileSync } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';
import { loadavg } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { fetchFromOrigin, openCleanClone } from '@dispatcher/orchestrator/git/clean-clone.ts';
import { createGit } from '@dispatcher/orchestrator/git/git.ts';
import { saveWork, takeBaseline } from '@dispatcher/orchestrator/git/save-work.ts';
import { openLog } from '@dispatcher/orchestrator/log/log.ts';
import { moveSpare } from '@dispatcher/orchestrator/worktree/spare.ts';
import { Spares } from '@dispatcher/orchestrator/worktree/spares.ts';
import { writeBeginning } from '@dispatcher/orchestrator/worktree/task-repository.ts';
import { Trash } from '@dispatcher/orchestrator/worktree/trash.ts';
import { useFolder } from '../../harness/use-folder.ts';
import { inherited } from '../harness/config.ts';
import { makeLargeRepository } from './large-repository.ts';

const { values } = parseArgs({
  options: {
    files: { type: 'string', default: '100000' },
    history: { type: 'string', default: '2048' },
    repository: { type: 'string' },
    rounds: { type: 'string', default: '3' },
    help: { type: 'boolean', default: false },
  },
});
if (values.help) {
  process.stdout.write(`Measures each step of a task's repository.

  npm run bench:worktrees -- [OPTION ...]

  --files N           the files of the repository that is made [100000]
  --history N         the size of its history in MiB [2048]
  --repository PATH   an existing repository, or where to make it
  --rounds N          how often each step is measured [3]
`);
  process.exit(0);
}

await using here = await useFolder();
const origin = values.repository ?? path.join(here.path, 'origin.git');
if (!existsSync(origin)) await makeLargeRepository(origin, { files: Number(values.files), historyMiB: Number(values.history), tags: 1_000 });

const environment = inherited();
const git = createGit({ environment, settings: [] });
const identity = { name: 'Agent', email: 'agent@localhost' };
const author = { GIT_AUTHOR_NAME: 'P', GIT_AUTHOR_EMAIL: 'p@localhost', GIT_COMMITTER_NAME: 'P', GIT_COMMITTER_EMAIL: 'p@localhost' };
const cloneDir = path.join(here.path, 'clean.git');
execFileSync('git', ['clone', '--quiet', '--bare', '--local', origin, cloneDir]);
const clone = await openCleanClone(git, cloneDir, origin);
const base = (await fetchFromOrigin(git, clone, 'main', { tags: true })) ?? '';
const log = openLog({ file: path.join(here.path, 'log'), level: 'info' });
const trash = new Trash({
  sparesDir: path.join(here.path, 'spares'),
  daemonId: 'measured',
  worktreesDir: path.join(here.path, 'agents'),
  environment,
  log,
});
const spares = new Spares({ git, clone, baseBranch: 'main', originUrl: origin, settings: [], trash, log });
const moved = await commitThatChanges(100);
const never = new AbortController().signal;

const times = new Map<string, number[]>();
for (let round = 0; round < Number(values.rounds); round++) {
  const task = { folder: path.join(here.path, 'tasks', String(round)), worktree: path.join(here.path, 'agents-1', String(round)) };
  const spare = await timed('check out a spare, in the background', () => spares.take(never));
  const start = round % 2 === 0 ? base : moved;
  const name = start === base ? 'make a task repository of a spare' : 'the same where the base has since changed 100 files';
  await timed(name, () => moveSpare(git, clone, spare, task, { branch: 'task/one', start, baseBranch: 'main' }));
  const baseline = await timed('read the files after set-up', () => takeBaseline(git, clone, task, start));
  await writeBeginning(task, { start, baseline });
  writeFileSync(path.join(task.worktree, 'new.txt'), 'new\n');
  const work = { clone, task, branch: 'task/one', baseBranch: 'main', workRef: `refs/dispatcher/saved/${round}`, title: 'One', identity };
  await timed('save the work: one new file', () => saveWork(git, work));
  if (round === 0) console.log(execFileSync('du', ['-sm', task.worktree, task.folder], { encoding: 'utf8' }));
  await timed('remove worktree and repository', () => trash.discard(task.worktree, task.folder));
  await timed('delete them, in the background', () => trash.close());
}
await spares.close();
await trash.close();
for (const [name, all] of times) console.log(`| ${name} | ${(middle(all) / 1_000).toFixed(2)} s |`);
console.log(`load ${loadavg()[0]?.toFixed(1)}`);

async function timed<T>(name: string, work: () => Promise<T>): Promise<T> {
  const begun = performance.now();
  const result = await work();
  times.set(name, [...(times.get(name) ?? []), performance.now() - begun]);
  return result;
}

/** Makes a commit on the base that changes this many of its files. */
async function commitThatChanges(count: number): Promise<string> {
  const indexFile = path.join(here.path, 'index');
  const place = { ...clone.place, indexFile };
  await git(place, ['read-tree', base]);
  const blob = (await git(place, ['hash-object', '-w', '--stdin'], { input: 'changed\n' })).stdout.trim();
  const names = (await git(place, ['ls-tree', '-r', '--name-only', base])).stdout.split('\n').slice(0, count);
  await git(place, ['update-index', '--index-info'], { input: names.map((name) => `100644 ${blob}\t${name}\n`).join('') });
  const tree = (await git(place, ['write-tree'])).stdout.trim();
  return (await git(place, ['commit-tree', tree, '-p', base, '-m', 'Change'], { env: author })).stdout.trim();
}

function middle(all: readonly number[]): number {
  return all.toSorted((a, b) => a - b)[Math.floor(all.length / 2)] ?? 0;
}
