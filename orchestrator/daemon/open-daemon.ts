import { randomUUID } from 'node:crypto';
import { mkdir, readdir, realpath } from 'node:fs/promises';
import path from 'node:path';
import { gitEnvironment } from '../agent/environment.ts';
import { createDispatcher } from '../claim/dispatcher.ts';
import { type Member, takeMember } from '../claim/member.ts';
import type { OrchestratorSettings } from '../config.ts';
import { openCleanClone, packCleanClone } from '../git/clean-clone.ts';
import { createGit } from '../git/git.ts';
import { readUserSettings, writeGlobalConfig } from '../git/user-settings.ts';
import { openLog } from '../log/log.ts';
import { pruneLogs } from '../log/prune-logs.ts';
import { findContainment } from '../process/containment.ts';
import { runVariable } from '../process/orphans.ts';
import { exclusively } from '../run/active-run.ts';
import { Status } from '../status/status.ts';
import { BaseHealth } from '../verify/base-health.ts';
import { Spares } from '../worktree/spares.ts';
import { Trash } from '../worktree/trash.ts';
import type { DaemonContext, Timings } from './context.ts';
import { runDaemon } from './daemon.ts';
import { Pause } from './pause.ts';
import { missingSurroundings, PreflightError, requireRepository } from './preflight.ts';
import { openStateFolder } from './state-folder.ts';
import type { StopSignals } from './stop-signals.ts';

/** A daemon that has everything it needs. */
export interface OpenDaemon extends AsyncDisposable {
  readonly context: DaemonContext;
  /** Its name; an agent's adds the slot. */
  readonly member: string;
  /** The file with its report. */
  readonly statusFile: string;
  readonly logFile: string;
  readonly containment: string;
  run(stop: StopSignals): Promise<void>;
}

/** Where a daemon writes its log and its report. */
export interface DaemonOutput {
  /** A second output for the log. */
  readonly alsoLogTo?: NodeJS.WritableStream | undefined;
  /** The name, log and status file, where a swarm has chosen them. */
  readonly place?: { readonly member: Member; readonly logFile: string; readonly statusFile: string } | undefined;
}

/**
 * Checks everything that a daemon needs, and puts it together. Throws a `PreflightError` with everything that is
 * missing.
 */
export async function openDaemon(
  given: OrchestratorSettings,
  timings: Timings,
  { alsoLogTo, place: chosen }: DaemonOutput = {},
): Promise<OpenDaemon> {
  const environment = gitEnvironment(given.environment);
  const { repository, faults } = await requireRepository(given);
  const { place, dir } = repository;
  await using stack = new AsyncDisposableStack();
  const settings = { ...given, worktreeBaseDir: await realFolder(given.worktreeBaseDir) };
  const daemonId = randomUUID();
  const leaveNetwork = new AbortController();
  const state = openStateFolder(settings.stateDir, place.gitDir, path.basename(dir));
  const user = await readUserSettings(place.gitDir, environment);
  const git = createGit({
    environment: { ...environment, [runVariable]: daemonId },
    settings: user.all,
    globalConfig: await writeGlobalConfig(state.gitConfig, user.all),
    leaveNetwork: leaveNetwork.signal,
  });
  const member = chosen?.member ?? (await takeMember(state.locks, settings.agentPrefix));
  stack.use(member.lock);
  const logFile = chosen?.logFile ?? path.join(state.logs, `${member.name}.log`);
  const log = openLog({ file: logFile, level: settings.logLevel, also: alsoLogTo });
  const { name, contain } = await findContainment(environment.PATH ?? '');
  const clone = await openCleanClone(git, state.clone, repository.originUrl);
  const worktreesDir = `${settings.worktreeBaseDir}-${member.name}`;
  const trash = new Trash({ sparesDir: state.spares, daemonId, worktreesDir, environment, log });
  const spares = new Spares({ git, clone, baseBranch: settings.baseBranch, originUrl: clone.originUrl, settings: user.forTasks, trash, log });
  const context: DaemonContext = {
    daemonId,
    settings,
    timings,
    git,
    repository: { ...repository, settings: user.forTasks, identity: user.identity },
    clone,
    state,
    spares,
    trash,
    dispatcher: createDispatcher(settings.dispatcher),
    contain,
    pause: new Pause(timings.pause),
    surroundings: new Pause(timings.pause),
    base: new BaseHealth(timings.pause),
    status: new Status(),
    log,
  };
  faults.push(...(await missingSurroundings(context)));
  if (faults.length > 0) throw new PreflightError(faults);
  await pruneLogs(state.logs).catch((error: unknown) => log.warn({ err: error }, 'old logs could not be deleted'));
  await packIfIdle(context);
  await warnIfDirty(context);
  const owned = stack.move();
  return {
    context,
    member: member.name,
    statusFile: chosen?.statusFile ?? path.join(state.status, `${member.name}.json`),
    logFile,
    containment: name,
    run: async (stop) => {
      // An origin that does not answer must not hold up a stop. Work that could not be pushed stays on this machine.
      const leave = () => setTimeout(() => leaveNetwork.abort(), timings.originPatienceMs).unref();
      stop.interrupt.addEventListener('abort', leave, { once: true });
      await runDaemon(context, member.name, stop);
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

/**
 * Packs the clean clone when nobody uses its objects. A run is on disk before it takes the clone's lock, so an empty
 * folder of runs proves it.
 */
async function packIfIdle(context: DaemonContext): Promise<void> {
  const { git, clone, state, log } = context;
  await exclusively(context, async () => {
    const users = [...(await readdir(state.runs)), ...(await readdir(state.tasks))];
    if (users.length === 0) await packCleanClone(git, clone);
  }).catch((error: unknown) => log.warn({ err: error }, 'the clean clone could not be packed'));
}

/** Uncommitted changes in the user's checkout are never touched, and agents do not see them. */
async function warnIfDirty({ git, repository, settings, log }: DaemonContext): Promise<void> {
  const place = { ...repository.place, workTree: repository.dir };
  const changes = await git(place, ['status', '--porcelain', '--untracked-files=no'], { accept: [0, 128] });
  if (changes.stdout !== '')
    log.warn(`${repository.dir} has uncommitted changes. Agents do not see them: they begin from origin/${settings.baseBranch}`);
}

/** git records the real path of a worktree, without symbolic links. */
async function realFolder(base: string): Promise<string> {
  const parent = path.dirname(base);
  await mkdir(parent, { recursive: true });
  return path.join(await realpath(parent), path.basename(base));
}
