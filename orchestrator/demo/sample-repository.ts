import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';

/** A small repository with a test, and its origin. */
export interface SampleRepository {
  readonly repo: string;
  readonly origin: string;
}

/** Makes the repository, its bare origin, and a first commit whose test passes. */
export function createSampleRepository(folder: string): SampleRepository {
  const origin = path.join(folder, 'origin.git');
  const repo = path.join(folder, 'sample');
  mkdirSync(path.join(repo, 'test'), { recursive: true });
  git(folder, 'init', '--quiet', '--bare', '--initial-branch=main', origin);
  git(folder, 'init', '--quiet', '--initial-branch=main', repo);
  writeFileSync(path.join(repo, 'README.md'), '# Sample\n\nSmall functions, each with its test.\n');
  writeFileSync(path.join(repo, 'AGENTS.md'), 'One function per file in `src`, its test in `test`.\n');
  writeFileSync(
    path.join(repo, 'package.json'),
    `${JSON.stringify({ name: 'sample', private: true, type: 'module', scripts: { test: 'node --test' } }, null, 2)}\n`,
  );
  writeFileSync(path.join(repo, 'test', 'node.test.mjs'), "import { test } from 'node:test';\n\ntest('tests run', () => undefined);\n");
  git(repo, 'add', '--all');
  git(repo, '-c', 'user.name=Demo', '-c', 'user.email=demo@localhost', 'commit', '--quiet', '--message', 'Begin');
  git(repo, 'remote', 'add', 'origin', origin);
  git(repo, 'push', '--quiet', 'origin', 'main');
  return { repo, origin };
}

/** Runs git and answers its output. */
export function git(cwd: string, ...args: string[]): string {
  return execFileSync('git', args, { cwd, encoding: 'utf8' });
}
