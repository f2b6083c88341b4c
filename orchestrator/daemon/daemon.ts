import { setTimeout as delay } from 'node:timers/promises';
import { AuthenticationError, AuthorizationError } from '@recursiv/sdk';
import { claimWork } from '../claim/claim-work.ts';
import { wordsFromError } from '../claim/dispatcher.ts';
import { isOfGoneMember } from '../claim/member.ts';
import { releaseUnknownClaims } from '../claim/release-unknown-claims.ts';
import { MergeQueue } from '../merge/merge-queue.ts';
import { RunFile } from '../record/run-file.ts';
import { driveRun } from '../run/drive-run.ts';
import type { DaemonContext } from './context.ts';
import { waitOut } from './pause.ts';
import type { StopSignals } from './stop-signals.ts';
import { whyBlocked } from './why-blocked.ts';

/**
 * Works until it is told to stop. It first takes up the runs of daemons that have ended, then does one run after
 * another in each slot. Runs of daemons that end in the meantime come before new work. Throws when the dispatcher
 * refuses the key.
 */
export async function runDaemon(context: DaemonContext, member: string, stop: StopSignals): Promise<void> {
  try {
    await work(context, member, stop);
  } finally {
    await context.spares.close();
    await context.trash.close();
  }
}

async function work(context: DaemonContext, member: string, stop: StopSignals): Promise<void> {
  const refused = new AbortController();
  const drain = AbortSignal.any([stop.drain, stop.interrupt, refused.signal]);
  const interrupt = AbortSignal.any([stop.interrupt, refused.signal]);
  const daemon: Daemon = { context, merges: new MergeQueue(), drain, interrupt, lookedAt: performance.now(), leftToNextStart: new Set() };
  const { spares, settings } = context;
  drain.addEventListener('abort', () => spares.keep(0), { once: true });
  await removeLeft(context);
  const left = await adoptRuns(daemon, Number.POSITIVE_INFINITY);
  const agents = Array.from({ length: settings.maxAgents }, (_, index) => `${member}-${index + 1}`);
  const { locks } = context.state;
  await releaseUnknownClaims(context, (agent) => agents.includes(agent) || isOfGoneMember(locks, settings.agentPrefix, agent));
  const resumed = left.map((file) => drive(daemon, file, true));
  const slots = agents.map(async (agent, index) => {
    // A resumed run uses up a slot until it is over.
    await resumed[index];
    await runSlot(daemon, agent).catch((error: unknown) => refused.abort(error));
  });
  await Promise.all([...resumed, ...slots]);
  if (refused.signal.aborted) throw refused.signal.reason;
}

interface Daemon extends StopSignals {
  readonly context: DaemonContext;
  readonly merges: MergeQueue;
  /** When it last looked for runs of daemons that have ended, as `performance.now()`. */
  lookedAt: number;
  /** The runs that this daemon could not end. It leaves them to the next start, or to another daemon. */
  readonly leftToNextStart: Set<string>;
}

/**
 * Takes up runs of daemons that have ended: a builder only those that an agent must finish, a merger only those to
 * merge.
 */
async function adoptRuns({ context: { settings, state, log }, leftToNextStart }: Daemon, most: number): Promise<RunFile[]> {
  return await RunFile.adopt(state.runs, {
    most,
    isWanted: ({ run, stage }) => !leftToNextStart.has(run) && (stage === 'merge' ? settings.mergeEnabled : settings.builds),
    onUnreadable: (folder, why) => log.error({ folder, why }, 'a run on disk cannot be read and is set aside'),
  });
}

/** What daemons that were killed had ahead or half deleted. */
async function removeLeft({ trash, log }: DaemonContext): Promise<void> {
  await trash.removeLeft().catch((error: unknown) => log.warn({ err: error }, 'spare worktrees of other daemons cannot be deleted'));
}

async function runSlot(daemon: Daemon, agent: string): Promise<void> {
  const { context, drain } = daemon;
  const { pause, base, surroundings, timings, status } = context;
  while (!drain.aborted) {
    await waitOut([pause, base.pause, surroundings], drain);
    const left = drain.aborted ? undefined : await leftBehind(daemon);
    if (left !== undefined) {
      await drive(daemon, left, true);
      continue;
    }
    status.blocked = await whyBlocked(context, drain);
    if (status.blocked === null && !drain.aborted) keepSpares(context);
    const file = status.blocked === null && !drain.aborted ? await nextRun(daemon, agent) : null;
    if (file !== null) await drive(daemon, file, false);
    else await delay(timings.retryMs * (0.5 + Math.random()), undefined, { signal: drain }).catch(() => undefined);
  }
}

/** One for each slot that is free, so that tasks which come at once find theirs, and one when all are at work. */
function keepSpares({ settings, spares, status }: DaemonContext): void {
  if (settings.builds) spares.keep(Math.max(1, settings.maxAgents - status.runs.length));
}

/** A run of a daemon that ended while this one is running. */
async function leftBehind(daemon: Daemon): Promise<RunFile | undefined> {
  const { context } = daemon;
  if (performance.now() - daemon.lookedAt < context.timings.adoptMs) return undefined;
  daemon.lookedAt = performance.now();
  await removeLeft(context);
  const [left] = await adoptRuns(daemon, 1).catch((error: unknown) => {
    context.log.warn({ err: error }, 'the runs on disk cannot be read');
    return [];
  });
  // There may be more of them.
  if (left !== undefined) daemon.lookedAt = Number.NEGATIVE_INFINITY;
  return left;
}

async function nextRun(daemon: Daemon, agent: string): Promise<RunFile | null> {
  const { context, drain } = daemon;
  try {
    return await claimWork(context, agent, drain);
  } catch (error) {
    if (error instanceof AuthenticationError || error instanceof AuthorizationError) throw error;
    if (!drain.aborted) context.log.warn({ agent, why: wordsFromError(error) }, 'no work could be claimed');
    // The dispatcher may have made the claim although its answer did not arrive.
    await releaseUnknownClaims(context, (one) => one === agent);
    return null;
  }
}

async function drive({ context, merges, drain, interrupt, leftToNextStart }: Daemon, file: RunFile, isResumed: boolean): Promise<void> {
  const { run, task } = file.record;
  const isOver = await driveRun(context, merges, file, { drain, interrupt }, isResumed).catch((error: unknown) => {
    context.log.error({ err: error, task: task.id }, 'a run failed with an unexpected error and is left to the next start');
    return false;
  });
  if (!isOver) leftToNextStart.add(run);
}
