import { setTimeout as delay } from 'node:timers/promises';
import { wordsFromError } from '../claim/dispatcher.ts';
import { Lease } from '../claim/lease.ts';
import type { DaemonContext } from '../daemon/context.ts';
import type { StopSignals } from '../daemon/stop-signals.ts';
import { OriginError } from '../git/clean-clone.ts';
import { landedCommit } from '../git/landed.ts';
import type { MergeQueue } from '../merge/merge-queue.ts';
import { endStrays, killStrays, straysOf } from '../process/orphans.ts';
import { identityOf, isRunning } from '../process/process-identity.ts';
import type { RunFile } from '../record/run-file.ts';
import { type ActiveRun, fail, fence, showStep } from './active-run.ts';
import { build } from './build.ts';
import { clean } from './clean.ts';
import { decide, type RunAction, type RunFacts } from './decide.ts';
import type { Fault } from './fault.ts';
import { fetchBranch } from './fetch-branch.ts';
import { releaseWorktreeLock } from './prepare-worktree.ts';
import { readBase } from './read-base.ts';
import { complete, handOver, keep, release } from './settle.ts';

/** The function for each action. Waiting has none. */
type Actions = Record<Exclude<RunAction, 'wait'>, (run: ActiveRun) => Promise<unknown>>;

const actionsWith = (merges: MergeQueue): Actions => ({
  kill,
  build,
  fetch: fetchBranch,
  integrate: (run) => merges.land(run),
  handOver,
  release,
  complete,
  keep,
  clean,
});

/** How often a step that ends the run may fail because of this machine. After that the run waits for the next start. */
const mostFaults = 5;

/** How long a git whose daemon has died may take to end by itself. If it were killed, it would leave its lock files. */
const gitGraceMs = 10_000;

/**
 * Takes a run from its state to its end: it repeats observe, decide and act. A new run and a run found on disk are
 * treated alike. With `interrupt` the current step is stopped and the run is given back. When the dispatcher is away,
 * the release stays on disk for the next start. True when nothing of the run is left.
 */
export async function driveRun(
  context: DaemonContext,
  merges: MergeQueue,
  file: RunFile,
  { drain, interrupt }: StopSignals,
  isResumed: boolean,
): Promise<boolean> {
  await using _closed = file;
  const { record } = file;
  const log = context.log.child({ task: record.task.id, agent: record.agent, run: record.run.slice(0, 8) });
  await using lease = new Lease({
    dispatcher: context.dispatcher,
    taskId: record.task.id,
    organizationId: record.task.organization_id,
    agent: record.agent,
    claimToken: record.claimToken,
    leaseSeconds: context.timings.leaseSeconds,
    heartbeatMs: context.timings.heartbeatMs,
    log,
    onNewToken: (claimToken) => file.update({ claimToken }),
  });
  const run: ActiveRun = { context, file, lease, log, signal: AbortSignal.any([interrupt, lease.signal]), drain, worktreeLock: null };
  try {
    if (isResumed) await takeUp(run);
    return await loop(run, actionsWith(merges), interrupt);
  } finally {
    await releaseWorktreeLock(run);
    context.status.delete(record.run);
  }
}

async function takeUp(run: ActiveRun): Promise<void> {
  const { context, file, lease, log } = run;
  const { state, daemon, process: itsProcess, baseBranch } = file.record;
  log.info({ state }, 'a run that its daemon left is taken up');
  // A git of the dead daemon may still run. It ends by itself, and until then nobody else may write there.
  if (itsProcess === null || !(await isRunning(itsProcess))) await endStrays(daemon, gitGraceMs);
  await file.update({ daemon: context.daemonId, process: await identityOf(process.pid) });
  if (state === 'closed') return;
  await lease.renew();
  if (baseBranch === context.settings.baseBranch || state === 'landed' || state === 'releasing') return;
  await fail(run, { fault: 'person', notes: `Its daemon ended. It was begun for ${baseBranch}, where nobody here lands anything.` });
}

async function kill(run: ActiveRun): Promise<void> {
  const left = await killStrays(run.file.record.run);
  run.log.warn({ left }, 'processes that nobody watched were killed');
}

/** True when the run is over. */
async function loop(run: ActiveRun, actions: Actions, interrupt: AbortSignal): Promise<boolean> {
  let originFailures = 0;
  let faults = 0;
  for (;;) {
    const facts = await observe(run);
    const action = decide(facts);
    if (interrupt.aborted && facts.lease === 'away' && action === 'wait') return false;
    if (interrupt.aborted && (action === 'wait' || isWork(action))) {
      await fail(run, { fault: 'person', notes: `The daemon of ${run.file.record.agent} was stopped.` });
      continue;
    }
    if (action === 'wait' && facts.lease === 'held') originFailures += 1;
    if (originFailures > run.context.timings.originTries) {
      // What follows is the release, which does not need origin.
      originFailures = 0;
      await fail(run, { fault: 'origin', notes: 'origin could not be reached.' });
      continue;
    }
    if (action === 'wait') {
      await wait(run, interrupt);
      continue;
    }
    const outcome = await act(run, () => actions[action](run), action);
    if (outcome === 'done' && action === 'clean') return true;
    if (outcome === 'done') originFailures = 0;
    if (outcome === 'origin away') originFailures += 1;
    if (outcome === 'failed') faults += 1;
    if (faults >= mostFaults) {
      run.log.error('the run is left to the next start');
      return false;
    }
  }
}

/** Collects the facts for the decision. Fetches the base when it matters whether the task is on it. */
async function observe(run: ActiveRun): Promise<RunFacts> {
  const { file, lease, context } = run;
  const { state, stage, run: id } = file.record;
  const processes = (await straysOf(id)).length > 0 ? 'left' : 'none';
  const landed = state === 'landed' || state === 'closed' || lease.standing !== 'held' ? 'no' : await observeLanded(run);
  return { state, stage, merges: context.settings.mergeEnabled, lease: lease.standing, processes, landed };
}

async function observeLanded(run: ActiveRun): Promise<RunFacts['landed']> {
  const { git, clone, settings } = run.context;
  try {
    await readBase(run.context);
    return (await landedCommit(git, clone, settings.baseBranch, run.file.record.task)) === null ? 'no' : 'yes';
  } catch (error) {
    run.log.warn({ why: wordsFromError(error) }, 'origin could not be read');
    return 'unknown';
  }
}

/**
 * Runs one step. A step that fails before the work has landed gives the run back with the reason, unless origin is away
 * and the run only has to wait.
 */
async function act(run: ActiveRun, step: () => Promise<unknown>, action: RunAction): Promise<'done' | 'failed' | 'origin away'> {
  try {
    await step();
    return 'done';
  } catch (error) {
    // The step was stopped. The next decision is another one.
    if (isWork(action) && run.signal.aborted) return 'done';
    const why = wordsFromError(error);
    const isOriginAway = isWork(action) && error instanceof OriginError;
    run.log.error({ err: error, action }, 'a step failed');
    if (isWork(action) && !isOriginAway) {
      await fail(run, { fault: faultFromError(error), notes: `${action} failed: ${why.slice(0, 4_000)}` }).catch((cause: unknown) =>
        releaseUnwritten(run, why, cause),
      );
    }
    await delay(Math.min(1_000, run.context.timings.retryMs));
    return isOriginAway ? 'origin away' : 'failed';
  }
}

/**
 * The fault behind an error. When the machine has no disk space, memory or file handles, that is not the work's fault.
 * Any other failed step counts as an attempt, so that a task that breaks a step is not tried for ever.
 */
function faultFromError(error: unknown): Fault {
  return /ENOSPC|EDQUOT|EROFS|ENOMEM|EMFILE|ENFILE|EIO\b|No space left|Disk quota exceeded|Read-only file system|Cannot allocate memory/.test(
    String(error),
  )
    ? 'machine'
    : 'daemon';
}

/** Whether an action comes before the task is reported as done or given back. */
function isWork(action: RunAction): boolean {
  return action === 'build' || action === 'fetch' || action === 'integrate' || action === 'handOver';
}

/**
 * Gives the task back at once when not even the run's file can be written, so that a full disk does not block the task.
 * The next start finds that the task is no longer ours.
 */
async function releaseUnwritten(run: ActiveRun, why: string, cause: unknown): Promise<void> {
  run.log.error({ err: cause }, 'the failure could not be written');
  const notes = `${why.slice(0, 2_000)}\nIts state could not be written: ${wordsFromError(cause)}`;
  await run.lease.settle(() =>
    run.context.dispatcher.release(run.file.record.task.id, {
      ...fence(run),
      notes,
      retry_after_seconds: run.context.timings.firstRetryAfterSeconds,
    }),
  );
  throw new Error('The state of the run could not be written', { cause });
}

async function wait(run: ActiveRun, interrupt: AbortSignal): Promise<void> {
  showStep(run, run.lease.standing === 'away' ? 'waiting for the dispatcher' : 'waiting for origin');
  await delay(run.context.timings.retryMs, undefined, { signal: interrupt }).catch(() => undefined);
  await run.lease.renew();
}
