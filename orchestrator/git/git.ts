import { type ProcessEnd, runProcess } from '../process/run-process.ts';
import { httpLimits, networkLimitMs, sshEnvironment } from './network.ts';
import type { GitSetting } from './user-settings.ts';

/** Where a git command works. Nothing is discovered from the current folder, which may be an agent's. */
export interface GitPlace {
  readonly gitDir: string;
  readonly workTree?: string;
  readonly indexFile?: string;
}

/** What one git command may be given beside its words. */
interface GitOptions {
  readonly input?: string;
  readonly signal?: AbortSignal | undefined;
  /** Exit codes that are an answer and no fault. */
  readonly accept?: readonly number[];
  readonly env?: Readonly<Record<string, string>>;
  /** Only from and to this machine, whatever the repository's configuration makes of an address. */
  readonly localOnly?: boolean;
}

/** What a git command answered. */
interface GitAnswer {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs git with these words. Throws `GitError` when the exit code is none that was accepted. */
export type Git = (place: GitPlace, args: readonly string[], options?: GitOptions) => Promise<GitAnswer>;

/** A git command that failed, with what git said. */
export class GitError extends Error {
  override readonly name = 'GitError';
  readonly stderr: string;

  constructor(args: readonly string[], why: string, stderr: string) {
    const said = withoutPassword(stderr).trim();
    super(`git ${args[0] ?? ''}: ${why}${said === '' ? '' : `\n${said}`}`);
    this.stderr = said;
  }
}

/** A text of git's without the password that an address in it may carry. */
export function withoutPassword(text: string): string {
  return text.replace(/\/\/[^/@\s]+@/g, '//***@');
}

/** What git needs from its surroundings: its allow-listed environment and the user's own settings, read before any agent ran. */
export interface GitSurroundings {
  readonly environment: Readonly<Record<string, string>>;
  readonly settings: readonly GitSetting[];
  /** Ends every command that waits for another machine. */
  readonly leaveNetwork?: AbortSignal;
}

/** How long a command on this machine may take. */
const localLimitMs = 15 * 60_000;

/** Far more than any list this program reads. */
const outputCapBytes = 64 * 1024 * 1024;

/** Nothing an agent plants in the repository it shares with us may run in our own git: no hook, no watcher, no signing program. */
const neutral: readonly GitSetting[] = [
  ['core.hooksPath', '/dev/null'],
  ['core.fsmonitor', 'false'],
  ['core.untrackedCache', 'false'],
  ['core.splitIndex', 'false'],
  ['core.quotePath', 'false'],
  ['commit.gpgSign', 'false'],
  ['submodule.recurse', 'false'],
  ['fetch.recurseSubmodules', 'false'],
  ['gc.autoDetach', 'false'],
  ['maintenance.autoDetach', 'false'],
  ['advice.detachedHead', 'false'],
  ['init.defaultBranch', 'main'],
];

/** A git whose daemon is gone ends too, by the signal at which it takes its lock files away. */
const dieWithParent = ['setpriv', '--pdeathsig', 'TERM', '--'];

/** Makes the one function that starts git. */
export function createGit(surroundings: GitSurroundings): Git {
  const run = createRunner(surroundings);
  return async (place, args, options = {}) => {
    const filters = place.workTree === undefined && args[0] !== 'worktree' ? [] : await emptyFilters(run, place);
    return await run(place, args, options, filters);
  };
}

/** Each filter program the configuration names, planted or not, set to nothing: it would run in our git, with our environment. */
async function emptyFilters(run: ReturnType<typeof createRunner>, place: GitPlace): Promise<GitSetting[]> {
  const { stdout } = await run({ gitDir: place.gitDir }, ['config', '--null', '--name-only', '--get-regexp', '^filter\\.'], { accept: [0, 1] }, []);
  const names = new Set(stdout.split('\0').flatMap((key) => /^(filter\..*)\.[^.]*$/s.exec(key)?.[1] ?? []));
  return [...names].flatMap((name): GitSetting[] => [
    [`${name}.clean`, ''],
    [`${name}.smudge`, ''],
    [`${name}.process`, ''],
    [`${name}.required`, 'false'],
  ]);
}

function createRunner({ environment, settings, leaveNetwork }: GitSurroundings) {
  const fixed = { ...environment, ...sshEnvironment(environment, settings) };
  return async (place: GitPlace, args: readonly string[], options: GitOptions, extra: readonly GitSetting[]): Promise<GitAnswer> => {
    const networkMs = options.localOnly ? null : networkLimitMs(args);
    const limitMs = networkMs ?? localLimitMs;
    const signals = [options.signal, networkMs === null ? undefined : leaveNetwork].filter((signal) => signal !== undefined);
    const stdout: Buffer[] = [];
    const stderr: Buffer[] = [];
    let bytes = 0;
    const end = await runProcess({
      command: [...dieWithParent, 'git', ...args],
      cwd: place.workTree ?? '/',
      env: {
        ...fixed,
        ...placeEnvironment(place, options),
        ...configEnvironment([...httpLimits, ...settings, ...neutral, ...extra]),
        ...options.env,
      },
      input: options.input,
      limitMs,
      signal: AbortSignal.any(signals),
      onOutput: (chunk, from) => {
        bytes += chunk.length;
        if (bytes <= outputCapBytes) (from === 'stdout' ? stdout : stderr).push(chunk);
      },
    });
    const said = Buffer.concat(stderr).toString();
    options.signal?.throwIfAborted();
    if (end.how !== 'exited') throw new GitError(args, whyEnded(end, limitMs), said);
    if (end.code === null || !(options.accept ?? [0]).includes(end.code)) throw new GitError(args, `exit code ${end.code ?? end.signal}`, said);
    return { code: end.code, stdout: Buffer.concat(stdout).toString(), stderr: said };
  };
}

function whyEnded(end: Exclude<ProcessEnd, { how: 'exited' }>, limitMs: number): string {
  if (end.how === 'unstartable') return end.reason;
  return end.how === 'limit' ? `not finished after ${limitMs / 1_000} s` : 'stopped, because the daemon stops';
}

function placeEnvironment(place: GitPlace, options: GitOptions): Record<string, string> {
  return {
    GIT_DIR: place.gitDir,
    ...(place.workTree === undefined ? {} : { GIT_WORK_TREE: place.workTree }),
    ...(place.indexFile === undefined ? {} : { GIT_INDEX_FILE: place.indexFile }),
    ...(options.localOnly ? { GIT_ALLOW_PROTOCOL: 'file' } : {}),
    GIT_CONFIG_GLOBAL: '/dev/null',
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_TERMINAL_PROMPT: '0',
    GIT_OPTIONAL_LOCKS: '0',
    LC_ALL: 'C',
  };
}

/** As variables rather than `-c`, for a key may hold an equals sign. */
function configEnvironment(settings: readonly GitSetting[]): Record<string, string> {
  const lines = settings.flatMap(([key, value], index) => [
    [`GIT_CONFIG_KEY_${index}`, key],
    [`GIT_CONFIG_VALUE_${index}`, value],
  ]);
  return { ...Object.fromEntries(lines), GIT_CONFIG_COUNT: String(settings.length) };
}
