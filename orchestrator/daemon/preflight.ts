import { constants } from 'node:fs';
import { access, mkdir } from 'node:fs/promises';
import path from 'node:path';
import { agentEnvironment, gitEnvironment } from '../agent/environment.ts';
import { wordsFromError } from '../claim/dispatcher.ts';
import type { OrchestratorSettings } from '../config.ts';
import { fetchFromOrigin } from '../git/clean-clone.ts';
import { createGit, type Git, withoutPassword } from '../git/git.ts';
import { findRepository, originUrlOf, type Repository, topOf } from '../git/repository.ts';
import { unsupported } from '../git/unsupported.ts';
import { exclusively } from '../run/active-run.ts';
import { verifyCommands } from '../verify/commands.ts';
import type { DaemonContext } from './context.ts';
import { freeSpaceFault } from './free-space.ts';
import { ownCheckoutFault } from './own-checkout.ts';

/** The first version with `merge-tree --write-tree`. */
const oldestGit = [2, 38] as const;

/** Everything that the daemon needs and does not have, one line each. */
export class PreflightError extends Error {
  override readonly name = 'PreflightError';

  constructor(faults: readonly string[]) {
    super(`The orchestrator cannot start:\n${faults.map((fault) => `  ${fault}`).join('\n')}`);
  }
}

/**
 * Finds the repository and its origin, and the tools that are missing. Throws a `PreflightError` when there is no
 * repository to work on.
 */
export async function requireRepository(
  settings: OrchestratorSettings,
): Promise<{ repository: Pick<Repository, 'dir' | 'place' | 'originUrl'>; faults: string[] }> {
  const git = createGit({ environment: gitEnvironment(settings.environment), settings: [] });
  const faults = await missingTools(settings, git);
  const place = faults.some((fault) => fault.startsWith('git ')) ? null : await findRepository(git, settings.repoDir);
  const ownCheckout = settings.isRepoNamed ? null : await ownCheckoutFault(git, settings.repoDir, place);
  if (ownCheckout !== null) throw new PreflightError([...faults, ownCheckout]);
  if (place === null) throw new PreflightError([...faults, `${settings.repoDir} is not in a git repository: set ORCH_REPO_DIR.`]);
  const originUrl = await originUrlOf(git, place);
  if (originUrl === null) throw new PreflightError([...faults, `${topOf(place)} has no remote "origin" to push to: git remote add origin <url>.`]);
  return { repository: { dir: topOf(place), place, originUrl }, faults };
}

/** The missing programs, one line each. */
async function missingTools({ environment: env, agentEnv, builds, agentCommand }: OrchestratorSettings, git: Git): Promise<string[]> {
  const faults: string[] = [];
  const version = await git({ gitDir: '/' }, ['version']).then(
    (answer) => /(\d+)\.(\d+)/.exec(answer.stdout),
    () => null,
  );
  const [major, minor] = [Number(version?.[1]), Number(version?.[2])];
  if (version === null) faults.push('git is not installed.');
  else if (major < oldestGit[0] || (major === oldestGit[0] && minor < oldestGit[1]))
    faults.push(`git ${oldestGit.join('.')} or newer is needed; this is ${version[0]}.`);
  for (const tool of ['flock', 'setpriv']) {
    if ((await findProgram(tool, env.PATH ?? '')) === null) faults.push(`${tool} is not installed (Debian's package util-linux has it).`);
  }
  const program = agentCommand[0] ?? '';
  if (builds && (await findProgram(program, agentEnvironment(env, agentEnv).PATH ?? '')) === null) {
    faults.push(`The agent command ${JSON.stringify(program)} is not on the PATH: install it, or name another one in CLAUDE_CMD.`);
  }
  return faults;
}

/** Checks origin, the dispatcher and the disk. Answers what is wrong, one line each. */
export async function missingSurroundings(context: DaemonContext): Promise<string[]> {
  const found = await Promise.all([originFault(context), dispatcherFault(context), diskFault(context)]);
  return found.flatMap((fault) => (fault === null ? [] : [fault]));
}

async function originFault(context: DaemonContext): Promise<string | null> {
  const { git, clone, settings } = context;
  const { baseBranch } = settings;
  try {
    const base = await exclusively(context, () => fetchFromOrigin(git, clone, baseBranch, { tags: true }));
    if (base === null) return `origin (${withoutPassword(clone.originUrl)}) has no branch ${JSON.stringify(baseBranch)}: set ORCH_BASE_BRANCH.`;
    if ((await git(clone.place, ['ls-remote', '--', clone.originUrl, 'refs/heads/task'])).stdout !== '')
      return 'origin has a branch "task", so git allows no branches task/<id> there: rename it.';
    const fault = await unsupported(git, clone, base, baseBranch);
    if (fault !== null) return fault;
    const commands = await verifyCommands(git, clone, base, settings);
    return typeof commands === 'string' ? commands : null;
  } catch (error) {
    return `origin (${withoutPassword(clone.originUrl)}) cannot be read: ${wordsFromError(error)}`;
  }
}

async function dispatcherFault({ dispatcher, settings }: DaemonContext): Promise<string | null> {
  try {
    await dispatcher.claims({ limit: 1 });
    return null;
  } catch (error) {
    return `The dispatcher at ${settings.dispatcher.url} cannot be used (${wordsFromError(error)}): start it with npm start, or set DISPATCHER_URL and DISPATCHER_API_KEY.`;
  }
}

async function diskFault({ settings, timings }: DaemonContext): Promise<string | null> {
  const folder = path.dirname(settings.worktreeBaseDir);
  try {
    await mkdir(folder, { recursive: true });
    await access(folder, constants.W_OK);
    const fault = await freeSpaceFault(folder, timings.minimumFreeBytes);
    return fault === null ? null : `${fault}: worktrees go there (WORKTREE_BASE_DIR).`;
  } catch (error) {
    return `Worktrees cannot be made in ${folder} (WORKTREE_BASE_DIR): ${wordsFromError(error)}`;
  }
}

/** The path of a program; null when it is not on the search path. */
async function findProgram(program: string, searchPath: string): Promise<string | null> {
  const places = program.includes('/') ? [path.resolve(program)] : searchPath.split(':').map((folder) => path.join(folder, program));
  for (const place of places) {
    if (
      await access(place, constants.X_OK).then(
        () => true,
        () => false,
      )
    )
      return place;
  }
  return null;
}
