import { randomUUID } from 'node:crypto';
import { mkdir, realpath } from 'node:fs/promises';
import path from 'node:path';
import { gitEnvironment } from './agent/environment.ts';
import { createDispatcher } from './claim/dispatcher.ts';
import { takeMember } from './claim/member.ts';
import type { OrchestratorSettings } from './config.ts';
import type { DaemonContext, StopSignals, Timings } from './context.ts';
import { runDaemon } from './daemon.ts';
import { openCleanClone } from './git/clean-clone.ts';
import { createGit } from './git/git.ts';
import { findRepository, originUrlOf, topOf } from './git/repository.ts';
import { readUserSettings } from './git/user-settings.ts';
import { openLog } from './log.ts';
import { MergeQueue } from './merge/merge-queue.ts';
import { Pause } from './pause.ts';
import { missingSurroundings, missingTools } from './preflight.ts';
import { findContainment } from './process/containment.ts';
import { runVariable } from './process/strays.ts';
import { pruneLogs } from './prune-logs.ts';
import { openStateFolder } from './state-folder.ts';
import { Status } from './status.ts';

/** Everything the daemon needs and does not have, a line for each. */
export class PreflightError extends Error {
  override readonly name = 'PreflightError';

  constructor(faults: readonly string[]) {
    super(`The orchestrator cannot start:\n${faults.map((fault) => `  ${fault}`).join('\n')}`);
  }
}

/** A daemon that has everything it needs. */
export interface OpenDaemon extends AsyncDisposable {
  readonly context: DaemonContext;
  /** Its name; an agent's adds the slot. */
  readonly member: string;
  readonly containment: string;
  run(stop: StopSignals): Promise<void>;
}

/** Looks for all that a daemon needs and puts it together. Throws a `PreflightError` that names everything that is missing. */
export async function openDaemon(given: OrchestratorSettings, timings: Timings, alsoLogTo?: NodeJS.WritableStream): Promise<OpenDaemon> {
  const environment = gitEnvironment(given.environment);
  const plainGit = createGit({ environment, settings: [] });
  const faults = await missingTools(given, plainGit);
  const place = faults.some((fault) => fault.startsWith('git ')) ? null : await findRepository(plainGit, given.repoDir);
  if (place === null) throw new PreflightError([...faults, `${given.repoDir} is in no git repository: set ORCH_REPO_DIR.`]);
  const originUrl = await originUrlOf(plainGit, place);
  if (originUrl === null)
    throw new PreflightError([...faults, `${topOf(place)} has no remote "origin", where finished work goes: git remote add origin <url>.`]);

  await using stack = new AsyncDisposableStack();
  const settings = { ...given, worktreeBaseDir: await realFolder(given.worktreeBaseDir) };
  const daemonId = randomUUID();
  const git = createGit({ environment: { ...environment, [runVariable]: daemonId }, settings: await readUserSettings(place.gitDir, environment) });
  const state = openStateFolder(settings.stateDir, place.gitDir, path.basename(topOf(place)));
  const member = await takeMember(state.locks, settings.agentPrefix);
  stack.use(member.lock);
  const { log } = stack.use(openLog({ file: path.join(state.logs, `${member.name}.log`), level: settings.logLevel, also: alsoLogTo }));
  const { name, contain } = await findContainment(environment.PATH ?? '');
  const context: DaemonContext = {
    daemonId,
    settings,
    timings,
    git,
    repository: { dir: topOf(place), place, originUrl },
    clone: await openCleanClone(git, state.clone, originUrl),
    state,
    dispatcher: createDispatcher(settings.dispatcher),
    merges: new MergeQueue(),
    contain,
    pause: new Pause(timings.pause),
    status: new Status(),
    log,
  };
  faults.push(...(await missingSurroundings(context)));
  if (faults.length > 0) throw new PreflightError(faults);
  await pruneLogs(state.logs).catch((error: unknown) => log.warn({ err: error }, 'old logs could not be deleted'));
  await sayIfDirty(context);
  const owned = stack.move();
  return {
    context,
    member: member.name,
    containment: name,
    run: (stop) => runDaemon(context, member.name, stop),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

/** Nobody's own changes are touched, nor are they seen: agents begin from what origin has. */
async function sayIfDirty({ git, repository, settings, log }: DaemonContext): Promise<void> {
  const place = { ...repository.place, workTree: repository.dir };
  const changes = await git(place, ['status', '--porcelain', '--untracked-files=no'], { accept: [0, 128] });
  if (changes.stdout !== '')
    log.warn(`${repository.dir} has uncommitted changes; agents begin from origin/${settings.baseBranch} and do not see them`);
}

/** git writes the real path of a worktree into its records. */
async function realFolder(base: string): Promise<string> {
  const parent = path.dirname(base);
  await mkdir(parent, { recursive: true });
  return path.join(await realpath(parent), path.basename(base));
}
