import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { useFolder } from '../../harness/use-folder.ts';

/** A repository with a bare origin, and a verify command that records which commit passed on which base. */
export interface TestRepository extends AsyncDisposable {
  readonly folder: string;
  readonly repo: string;
  readonly origin: string;
  /** Runs the base's own `check.sh`, and records the commit when it passes. */
  readonly verifyCommand: string;
  /** The common beginning of the paths of all worktree folders. */
  readonly worktreeBaseDir: string;
  /** The commits that passed, each with its base. */
  passed(): { commit: string; parent: string }[];
  /** Every value that origin's main has had, oldest first. */
  history(): string[];
  /** Whether the commits between the two form a straight line, and each has a task's trailer. */
  isStackOn(base: string, commit: string): boolean;
  /** The files of a commit on origin. */
  files(name?: string): string[];
  git(...args: string[]): string;
  inOrigin(...args: string[]): string;
  /** Pushes a commit to origin's main, from another clone. */
  pushAsSomebodyElse(file: string, content: string): void;
  /** The worktrees and folders that a daemon must not leave behind. */
  leftovers(): string[];
}

const person = ['-c', 'user.name=Person', '-c', 'user.email=person@localhost'];

/** Creates both in a new folder. On the base `check.sh` passes. It fails when any text file contains BROKEN. */
export async function useRepository(baseFiles: Readonly<Record<string, string>> = {}): Promise<TestRepository> {
  const { path: folder, ...owned } = await useFolder();
  const origin = path.join(folder, 'origin.git');
  const repo = path.join(folder, 'repo');
  const passedFile = path.join(folder, 'passed.log');
  const git = (cwd: string, args: readonly string[]) => execFileSync('git', [...args], { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
  git(folder, ['init', '-q', '--bare', '--initial-branch=main', origin]);
  git(origin, ['config', 'core.logAllRefUpdates', 'true']);
  git(folder, ['init', '-q', '--initial-branch=main', repo]);
  const files = {
    'README.md': '# Repository\n',
    'check.sh': "if grep -rqs 'BROKEN' --include='*.txt' .; then echo 'a file is BROKEN'; exit 1; fi\n",
    'tests/first.test.txt': 'fine\n',
    ...baseFiles,
  };
  for (const [file, content] of Object.entries(files)) write(repo, file, content);
  git(repo, ['add', '--all']);
  git(repo, [...person, 'commit', '-q', '-m', 'Begin']);
  git(repo, ['remote', 'add', 'origin', origin]);
  git(repo, ['push', '-q', 'origin', 'main']);
  const worktreeBaseDir = path.join(folder, 'agents');
  return {
    folder,
    repo,
    origin,
    worktreeBaseDir,
    verifyCommand: `sh check.sh && git log -1 --format='%H %P' >> '${passedFile}'`,
    passed: () =>
      lines(existsSync(passedFile) ? readFileSync(passedFile, 'utf8') : '').map((line) => ({
        commit: line.split(' ')[0] ?? '',
        parent: line.split(' ')[1] ?? '',
      })),
    history: () => lines(readFileSync(path.join(origin, 'logs/refs/heads/main'), 'utf8')).map((line) => line.split(' ')[1] ?? ''),
    isStackOn: (base, commit) => {
      const stack = git(origin, ['log', '--format=%H %P %(trailers:key=Dispatcher-Task,valueonly,separator=)', `${base}..${commit}`]);
      const below = [
        ...lines(stack)
          .map((line) => line.split(' ')[0])
          .slice(1),
        base,
      ];
      return lines(stack).every((line, index) => line.split(' ')[1] === below[index] && (line.split(' ')[2] ?? '') !== '');
    },
    files: (name = 'main') => lines(git(origin, ['ls-tree', '-r', '--name-only', name])),
    git: (...args) => git(repo, args),
    inOrigin: (...args) => git(origin, args),
    pushAsSomebodyElse: (file, content) => {
      const clone = path.join(folder, `somebody-${Math.random().toString(36).slice(2)}`);
      git(folder, ['clone', '-q', origin, clone]);
      write(clone, file, content);
      git(clone, ['add', '--all']);
      git(clone, [...person, 'commit', '-q', '-m', `Change ${file}`]);
      git(clone, ['push', '-q', 'origin', 'main']);
    },
    leftovers: () => [
      ...lines(git(repo, ['worktree', 'list', '--porcelain']))
        .filter((line) => line.startsWith('worktree '))
        .slice(1),
      ...readdirSync(folder).filter((name) => name.startsWith('agents')),
    ],
    [Symbol.asyncDispose]: () => owned[Symbol.asyncDispose](),
  };
}

function write(folder: string, file: string, content: string): void {
  mkdirSync(path.dirname(path.join(folder, file)), { recursive: true });
  writeFileSync(path.join(folder, file), content);
}

function lines(text: string): string[] {
  return text.split('\n').filter((line) => line !== '');
}
