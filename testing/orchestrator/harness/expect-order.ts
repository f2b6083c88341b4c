import { readdirSync } from 'node:fs';
import path from 'node:path';
import { expect } from 'vitest';
import { processesWith } from './processes.ts';
import type { Site } from './use-daemon.ts';

/**
 * Checks what must be true at the end of every test. Main moved only to commits that were verified on top of its
 * previous value. All commits in between belong to tasks. No worktree, run or process is left.
 */
export function expectOrder({ repository, env }: Site): void {
  const history = repository.history();
  const passed = new Set(repository.passed().map(({ commit }) => commit));
  const bySomebodyElse = new Set(repository.inOrigin('log', '--author=Person', '--format=%H', 'main').split('\n'));
  const moves = history.slice(1).map((commit, index) => ({ from: history[index] ?? '', commit }));
  const ours = moves.filter(({ commit }) => !bySomebodyElse.has(commit));
  expect(
    ours.filter(({ commit }) => !passed.has(commit)),
    'moves of main to a commit that was not verified',
  ).toEqual([]);
  expect(
    ours.filter(({ from, commit }) => !repository.isStackOn(from, commit)),
    'moves of main to a commit that was verified on another base',
  ).toEqual([]);
  expect(repository.leftovers(), 'worktrees and folders').toEqual([]);
  expect(inRepositories(env.XDG_STATE_HOME ?? '', 'runs'), 'runs on disk').toEqual([]);
  expect(
    inRepositories(env.XDG_STATE_HOME ?? '', 'tasks').filter((name) => !name.includes('.kept-')),
    'task repositories',
  ).toEqual([]);
  expect(inRepositories(env.XDG_STATE_HOME ?? '', 'spares'), 'spares').toEqual([]);
  expect(processesWith(repository.folder), 'processes').toEqual([]);
}

/** The entries of one folder in the state of each repository. */
function inRepositories(stateHome: string, folder: 'runs' | 'tasks' | 'spares'): string[] {
  const repositories = path.join(stateHome, 'dispatcher/orchestrator/repositories');
  return readdirSync(repositories).flatMap((name) => readdirSync(path.join(repositories, name, folder)));
}
