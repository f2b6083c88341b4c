import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import pino from 'pino';
import { expect, test } from 'vitest';
import { useFolder } from '../../testing/harness/use-folder.ts';
import { fetchFromOrigin, openCleanClone } from '../git/clean-clone.ts';
import { createGit } from '../git/git.ts';
import { createSpare, moveSpare } from './spare.ts';
import { openSpareFolders } from './spare-folders.ts';
import { Spares } from './spares.ts';
import { readBeginning, type TaskRepository } from './task-repository.ts';
import { Trash } from './trash.ts';

const never = new AbortController().signal;
const log = pino({ level: 'silent' });

/** An origin with a file that changes, one that is deleted and one that stays, and a clean clone of it. */
async function useStage() {
  const { path: folder, ...owned } = await useFolder();
  const environment = { PATH: process.env.PATH ?? '' };
  const origin = path.join(folder, 'origin');
  const run = (cwd: string, ...args: string[]) =>
    execFileSync('git', ['-c', 'user.name=P', '-c', 'user.email=p@localhost', ...args], { cwd, encoding: 'utf8', stdio: 'pipe' });
  run(folder, 'init', '-q', '--initial-branch=main', origin);
  const commit = (files: Readonly<Record<string, string | null>>) => {
    for (const [file, content] of Object.entries(files)) {
      if (content === null) rmSync(path.join(origin, file));
      else writeFileSync(path.join(origin, file), content);
    }
    run(origin, 'add', '-A');
    run(origin, 'commit', '-q', '-m', 'Change');
    return run(origin, 'rev-parse', 'HEAD').trim();
  };
  commit({ 'changes.txt': 'old\n', 'goes.txt': 'goes\n', 'stays.txt': 'stays\n' });
  run(origin, 'tag', 'v1');
  const git = createGit({ environment, settings: [] });
  const clone = await openCleanClone(git, path.join(folder, 'clean.git'), origin);
  await fetchFromOrigin(git, clone, 'main', { tags: true });
  const place = { sparesDir: path.join(folder, 'spares'), worktreesDir: path.join(folder, 'agents-1') };
  const trashOf = (daemonId: string) => new Trash({ ...place, daemonId, environment, log });
  const sparesWith = (trash: Trash) => new Spares({ git, clone, baseBranch: 'main', originUrl: origin, settings: [], trash, log });
  const task: TaskRepository = { folder: path.join(folder, 'tasks/one'), worktree: path.join(folder, 'agents-1-1/one') };
  return { folder, git, clone, commit, run, place, task, trashOf, sparesWith, [Symbol.asyncDispose]: () => owned[Symbol.asyncDispose]() };
}

/** The entries of a folder, including those in its subfolders. Empty when there is no folder. */
const entriesOf = (folder: string) => (existsSync(folder) ? readdirSync(folder, { recursive: true, encoding: 'utf8' }) : []);

test('an outdated spare that somebody has changed becomes a task repository with exactly the files of its start', async () => {
  await using stage = await useStage();
  const { git, clone, task, run } = stage;
  const trash = stage.trashOf('daemon');
  const spares = stage.sparesWith(trash);
  const spare = await spares.take(never);
  const start = stage.commit({ 'changes.txt': 'new\n', 'goes.txt': null, 'comes.txt': 'comes\n' });
  await fetchFromOrigin(git, clone, 'main');
  rmSync(path.join(spare.worktree, 'stays.txt'));
  await moveSpare(git, clone, spare, task, { branch: 'task/one', start, baseBranch: 'main' });
  expect(await readBeginning(task)).toEqual({ start, baseline: null });
  const inTask = (...args: string[]) => run(task.worktree, ...args).trim();
  expect(inTask('status', '--porcelain', '--ignored')).toBe('');
  expect(inTask('symbolic-ref', 'HEAD')).toBe('refs/heads/task/one');
  expect(inTask('rev-parse', 'HEAD', 'origin/main')).toBe(`${start}\n${start}`);
  expect(inTask('describe', '--tags')).toMatch(/^v1-1-/);
  expect(inTask('worktree', 'list', '--porcelain')).toContain(`worktree ${task.worktree}\n`);
  expect(readdirSync(task.worktree).sort()).toEqual(['.git', 'changes.txt', 'comes.txt', 'stays.txt']);
  expect(readFileSync(path.join(task.worktree, 'changes.txt'), 'utf8')).toBe('new\n');
  run(task.worktree, 'fsck', '--connectivity-only');
  await spares.close();
  await trash.close();
  expect(entriesOf(stage.place.sparesDir)).toEqual([]);
  expect(entriesOf(stage.place.worktreesDir)).toEqual([]);
});

test('the requested number of spares is kept ready, simultaneous tasks wait for theirs, and a task that leaves gets none', async () => {
  await using stage = await useStage();
  const trash = stage.trashOf('daemon');
  const spares = stage.sparesWith(trash);
  spares.keep(2);
  const leaves = new AbortController();
  const left = spares.take(leaves.signal);
  leaves.abort(new Error('left'));
  await expect(left).rejects.toThrow('left');
  const taken = await Promise.all([spares.take(never), spares.take(never), spares.take(never)]);
  expect(new Set(taken.map(({ worktree }) => worktree)).size).toBe(3);
  for (const { worktree } of taken) expect(readdirSync(worktree)).toContain('stays.txt');
  // Somebody deletes the spare that is ready next.
  const next = await spares.take(never);
  rmSync(next.worktree, { recursive: true });
  await spares.close();
  for (const { worktree, folder } of [...taken, next]) await trash.discard(worktree, folder);
  await trash.close();
  expect(entriesOf(stage.place.sparesDir)).toEqual([]);
  expect(entriesOf(stage.place.worktreesDir)).toEqual([]);
});

test('when a spare cannot be made, the waiting task gets the error, and the next spare can be made', async () => {
  await using stage = await useStage();
  const trash = stage.trashOf('daemon');
  const spares = stage.sparesWith(trash);
  const objects = path.join(stage.clone.place.gitDir, 'objects');
  stage.run(stage.folder, 'clone', '-q', '--bare', path.join(stage.folder, 'origin'), 'other.git');
  rmSync(objects, { recursive: true });
  await expect(spares.take(never)).rejects.toThrow();
  execFileSync('cp', ['-r', path.join(stage.folder, 'other.git/objects'), objects]);
  const spare = await spares.take(never);
  expect(readdirSync(spare.worktree)).toContain('stays.txt');
  await trash.discard(spare.worktree, spare.folder);
  await spares.close();
  await trash.close();
});

test.each([
  ['with its folders just made', async () => undefined],
  ['with a spare half made', async ({ folders }: Killed) => void execFileSync('mkdir', ['-p', path.join(folders.worktrees, 'spare-9', 'read-only')])],
  ['with a spare ready', async ({ stage, folders }: Killed) => void (await makeIn(stage, folders))],
  [
    'after the repository of a spare was moved, and not its worktree',
    async ({ stage, folders }: Killed) => {
      const spare = await makeIn(stage, folders);
      execFileSync('mkdir', ['-p', path.dirname(stage.task.folder)]);
      execFileSync('mv', [spare.folder, stage.task.folder]);
    },
  ],
  [
    'while it deleted folders that their owner may not write to',
    async ({ folders }: Killed) =>
      void execFileSync('sh', [
        '-c',
        `mkdir -p ${folders.worktrees}/trash-1/cache ${folders.repositories}/trash-1; chmod 500 ${folders.worktrees}/trash-1/cache`,
      ]),
  ],
])('a daemon that was killed %s leaves nothing after the next start, which leaves its own alone', async (_, leave) => {
  await using stage = await useStage();
  const dead = await openSpareFolders({ ...stage.place, daemonId: 'dead' });
  await leave({ stage, folders: dead });
  const trash = stage.trashOf('next');
  const own = await trash.folders();
  await trash.removeLeft();
  expect(existsSync(dead.repositories), 'while the daemon lives').toBe(true);
  await dead.lock[Symbol.asyncDispose]();
  await trash.removeLeft();
  const spares = stage.sparesWith(trash);
  const spare = await spares.take(never);
  expect(spare.folder.startsWith(own.repositories)).toBe(true);
  await trash.discard(spare.worktree, spare.folder);
  await spares.close();
  await trash.close();
  expect(entriesOf(stage.place.sparesDir)).toEqual([]);
  expect(existsSync(stage.place.worktreesDir)).toBe(false);
});

interface Killed {
  readonly stage: Awaited<ReturnType<typeof useStage>>;
  readonly folders: { readonly repositories: string; readonly worktrees: string };
}

async function makeIn(stage: Killed['stage'], { repositories, worktrees }: Killed['folders']): Promise<TaskRepository> {
  const spare = { folder: path.join(repositories, 'spare-1'), worktree: path.join(worktrees, 'spare-1') };
  const commit = stage.run(stage.clone.place.gitDir, 'rev-parse', 'main').trim();
  await createSpare(stage.git, stage.clone, spare, { commit, originUrl: '/nowhere', settings: [] }, never);
  return spare;
}
