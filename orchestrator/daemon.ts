import { setTimeout as delay } from 'node:timers/promises';
import { AuthenticationError, AuthorizationError } from '@recursiv/sdk';
import { claimWork } from './claim/claim-work.ts';
import { wordsFromError } from './claim/dispatcher.ts';
import { isOfGoneMember } from './claim/member.ts';
import { releaseUnknownClaims } from './claim/release-unknown-claims.ts';
import type { DaemonContext, StopSignals } from './context.ts';
import { obstacle } from './obstacle.ts';
import { driveRun } from './run/drive-run.ts';
import { RunFile } from './run/run-file.ts';

/**
 * Works until it is told to stop: first everything that daemons which are gone left behind, then one run after another in each slot. Throws when the
 * dispatcher does not know the key.
 */
export async function runDaemon(context: DaemonContext, member: string, stop: StopSignals): Promise<void> {
  const refused = new AbortController();
  const drain = AbortSignal.any([stop.drain, stop.interrupt, refused.signal]);
  const interrupt = AbortSignal.any([stop.interrupt, refused.signal]);
  const left = await RunFile.adoptAll(context.state.runs, (folder, why) =>
    context.log.error({ folder, why }, 'a run could not be read and is set aside'),
  );
  const daemon: Daemon = { context, drain, interrupt };
  const agents = Array.from({ length: context.settings.maxAgents }, (_, index) => `${member}-${index + 1}`);
  await releaseUnknownClaims(context, (agent) => agents.includes(agent) || isOfGoneMember(context, agent));
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
}

async function runSlot(daemon: Daemon, agent: string): Promise<void> {
  const { context, drain } = daemon;
  const { pause, timings, status } = context;
  while (!drain.aborted) {
    await pause.wait(drain);
    status.blocked = await obstacle(context);
    const file = status.blocked === null && !drain.aborted ? await nextRun(daemon, agent) : null;
    if (file !== null) await drive(daemon, file, false);
    else await delay(timings.retryMs * (0.5 + Math.random()), undefined, { signal: drain }).catch(() => undefined);
  }
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

async function drive({ context, drain, interrupt }: Daemon, file: RunFile, isResumed: boolean): Promise<void> {
  try {
    await driveRun(context, file, { drain, interrupt }, isResumed);
  } catch (error) {
    context.log.error({ err: error, task: file.record.task.id }, 'a run ended with a fault and is left to the next start');
  }
}
