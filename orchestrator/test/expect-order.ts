import { readdirSync } from 'node:fs';
import path from 'node:path';
import { expect } from 'vitest';
import { processesWith } from './processes.ts';
import type { Site } from './use-daemon.ts';

/** What must hold after every story: main only ever moved to commits that were verified on the very value before, and nothing is left behind. */
export function expectOrder({ repository, env }: Site): void {
  const { history, passed } = { history: repository.history(), passed: repository.passed().map(({ commit, parent }) => `${parent} ${commit}`) };
  const moves = history.slice(1).map((commit, index) => `${history[index]} ${commit}`);
  const bySomebodyElse = new Set(repository.inOrigin('log', '--author=Person', '--format=%P %H', 'main').split('\n'));
  expect(moves.filter((move) => !bySomebodyElse.has(move) && !passed.includes(move))).toEqual([]);
  expect(repository.leftovers()).toEqual([]);
  expect(runsOf(env.XDG_STATE_HOME ?? '')).toEqual([]);
  expect(processesWith(repository.folder)).toEqual([]);
}

/** The runs that are still on disk. */
function runsOf(stateHome: string): string[] {
  const repositories = path.join(stateHome, 'dispatcher/orchestrator/repositories');
  return readdirSync(repositories).flatMap((name) => readdirSync(path.join(repositories, name, 'runs')));
}
