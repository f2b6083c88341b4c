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
import { obstacle } from './obstacle.ts';
import type { StopSignals } from './stop-signals.ts';

/**
 * Works until it is told to stop: first everything that daemons which are gone left behind, then one run after another in each slot. What daemons that go
 * meanwhile leave behind comes before new work. Throws when the dispatcher does not know the key.
 */
export async function runDaemon(context: DaemonContext, member: string, stop: StopSignals): Promise<void> {
  const refused = new AbortController();
  const drain = AbortSignal.any([stop.drain, stop.interrupt, refused.signal]);
  const interrupt = AbortSignal.any([stop.interrupt, refused.signal]);
  const daemon: Daemon = { context, merges: new MergeQueue(), drain, interrupt, lookedAt: performance.now(), letGo: new Set() };
  const left = await adoptRuns(daemon, Number.POSITIVE_INFINITY);
  const agents = Array.from({ length: context.settings.maxAgents }, (_, index) => `${member}-${index + 1}`);
  const { locks } = context.state;
  await releaseUnknownClaims(context, (agent) => agents.includes(agent) || isOfGoneMember(locks, context.settings.agentPrefix, agent));
  const resumed = left.map((file) => drive(daemon, file, true));
  const slots = agents.map(async (agent, index) => {
    // What was left behind takes up slots until it is over.
    await resumed[index];
    await runSlot(daemon, agent).catch((error: unknown) => refused.abort(error));
  });
  await Promise.all([...resumed, ...slots]);
  if (refused.signal.aborted) throw refused.signal.reason;
}

interface Daemon extends StopSignals {
  readonly context: DaemonContext;
  readonly merges: MergeQueue;
  /** When it last looked for what others left behind, as `performance.now()`. */
  lookedAt: number;
  /** The runs that it could not end: they are left to the next start, or to another daemon. */
  readonly letGo: Set<string>;
}

/** A builder leaves handed-over work alone, and a merger leaves alone what only an agent can finish. */
async function adoptRuns({ context: { settings, state, log }, letGo }: Daemon, most: number): Promise<RunFile[]> {
  return await RunFile.adopt(state.runs, {
    most,
    isWanted: ({ run, stage }) => !letGo.has(run) && (stage === 'merge' ? settings.mergeEnabled : settings.builds),
    onUnreadable: (folder, why) => log.error({ folder, why }, 'a run could not be read and is set aside'),
  });
}

async function runSlot(daemon: Daemon, agent: string): Promise<void> {
  const { context, drain } = daemon;
  const { pause, base, timings, status } = context;
  while (!drain.aborted) {
    await pause.wait(drain);
    await base.pause.wait(drain);
    const left = drain.aborted ? undefined : await leftBehind(daemon);
    if (left !== undefined) {
      await drive(daemon, left, true);
      continue;
    }
    status.blocked = await obstacle(context, drain);
    const file = status.blocked === null && !drain.aborted ? await nextRun(daemon, agent) : null;
    if (file !== null) await drive(daemon, file, false);
    else await delay(timings.retryMs * (0.5 + Math.random()), undefined, { signal: drain }).catch(() => undefined);
  }
}

/** A run whose daemon went while this one lives. */
async function leftBehind(daemon: Daemon): Promise<RunFile | undefined> {
  const { context } = daemon;
  if (performance.now() - daemon.lookedAt < context.timings.adoptMs) return undefined;
  daemon.lookedAt = performance.now();
  const [left] = await adoptRuns(daemon, 1).catch((error: unknown) => {
    context.log.warn({ err: error }, 'runs could not be looked at');
    return [];
  });
  // Where there was one there may be more.
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
    // The claim may have been made all the same, without its answer reaching us.
    await releaseUnknownClaims(context, (one) => one === agent);
    return null;
  }
}

async function drive({ context, merges, drain, interrupt, letGo }: Daemon, file: RunFile, isResumed: boolean): Promise<void> {
  const { run, task } = file.record;
  const isOver = await driveRun(context, merges, file, { drain, interrupt }, isResumed).catch((error: unknown) => {
    context.log.error({ err: error, task: task.id }, 'a run ended with a fault and is left to the next start');
    return false;
  });
  if (!isOver) letGo.add(run);
}
