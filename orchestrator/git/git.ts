import { rm } from 'node:fs/promises';
import path from 'node:path';
import { processesWith } from '../process/orphans.ts';
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
  /** Over all other configuration. */
  readonly config?: readonly GitSetting[];
  /** Only from and to this machine, whatever the repository's configuration makes of an address. */
  readonly localOnly?: boolean;
  /** Each character of input and output stands for one byte: a path may hold any. */
  readonly bytes?: boolean;
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

/**
 * What git needs from its surroundings: its allow-listed environment and the user's own settings, read before any
 * agent ran.
 */
export interface GitSurroundings {
  readonly environment: Readonly<Record<string, string>>;
  readonly settings: readonly GitSetting[];
  /** Ends every command that waits for another machine. */
  readonly leaveNetwork?: AbortSignal;
  /**
   * A file that takes the place of the user's global configuration. It also reaches the git at the other end of a
   * local fetch; settings do not.
   */
  readonly globalConfig?: string;
}

/** How long a command on this machine may take. */
const localLimitMs = 15 * 60_000;

/** Far more than any list this program reads. */
const outputCapBytes = 64 * 1024 * 1024;

/**
 * Nothing an agent plants in its repository may run in our own git: no hook, no watcher, no signing program. Our git
 * never collects garbage by itself: task repositories use objects of the clean clone that no branch there may hold
 * any more.
 */
const neutral: readonly GitSetting[] = [
  ['core.hooksPath', '/dev/null'],
  ['core.fsmonitor', 'false'],
  ['core.untrackedCache', 'false'],
  ['core.splitIndex', 'false'],
  ['core.quotePath', 'false'],
  ['core.sparseCheckout', 'false'],
  ['core.packedRefsTimeout', '2000'],
  ['core.filesRefLockTimeout', '1000'],
  ['commit.gpgSign', 'false'],
  ['submodule.recurse', 'false'],
  ['fetch.recurseSubmodules', 'false'],
  ['gc.auto', '0'],
  ['maintenance.auto', 'false'],
  ['advice.detachedHead', 'false'],
  ['init.defaultBranch', 'main'],
];

/** For a command that writes many files: as many processes write them as there are cores. */
export const parallelCheckout: readonly GitSetting[] = [['checkout.workers', '0']];

/** A git whose daemon is gone ends too, by the signal at which it takes its lock files away. */
const dieWithParent = ['setpriv', '--pdeathsig', 'TERM', '--'];

/**
 * Makes the one function that starts git. A lock file whose git was killed is removed, and the command is run again.
 */
export function createGit(surroundings: GitSurroundings): Git {
  const run = createRunner(surroundings);
  return async (place, args, options = {}) => {
    let end = await run(place, args, options);
    if (await removeStaleLock(place, end.stderr)) end = await run(place, args, options);
    if (!(options.accept ?? [0]).includes(end.code)) throw new GitError(args, `exit code ${end.code}`, end.stderr);
    return end;
  };
}

/**
 * Removes the lock file that git stumbled over if no git works in that repository: our git names its repository in
 * its environment.
 */
async function removeStaleLock(place: GitPlace, stderr: string): Promise<boolean> {
  const file = /Unable to create '([^']+\.lock)': File exists/.exec(stderr)?.[1];
  if (file === undefined) return false;
  const isOurs = file.startsWith(`${place.gitDir}${path.sep}`) || file === `${place.indexFile}.lock`;
  if (!isOurs || (await processesWith(`GIT_DIR=${place.gitDir}`)).length > 0) return false;
  await rm(file, { force: true }).catch(() => undefined);
  return true;
}

function createRunner({ environment, settings, globalConfig, leaveNetwork }: GitSurroundings) {
  const fixed = { ...environment, ...sshEnvironment(environment, settings), GIT_CONFIG_GLOBAL: globalConfig ?? '/dev/null' };
  return async (place: GitPlace, args: readonly string[], options: GitOptions): Promise<GitAnswer> => {
    const networkMs = options.localOnly ? null : networkLimitMs(args);
    const limitMs = networkMs ?? localLimitMs;
    const signals = [options.signal, networkMs === null ? undefined : leaveNetwork].filter((signal) => signal !== undefined);
    const encoding = options.bytes ? 'latin1' : 'utf8';
    const stdout: Buffer[] = [];
    const stderr: Buffer[] = [];
    let bytes = 0;
    const end = await runProcess({
      command: [...dieWithParent, 'git', ...args],
      cwd: place.workTree ?? '/',
      env: {
        ...fixed,
        ...placeEnvironment(place, options),
        ...configEnvironment([...httpLimits, ...settings, ...neutral, ...(options.config ?? [])]),
        ...options.env,
      },
      input: options.input === undefined ? undefined : Buffer.from(options.input, encoding),
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
    if (end.code === null) throw new GitError(args, `ended by ${end.signal}`, said);
    if (bytes > outputCapBytes) throw new GitError(args, `more than ${outputCapBytes} bytes of output`, said);
    return { code: end.code, stdout: Buffer.concat(stdout).toString(encoding), stderr: said };
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
