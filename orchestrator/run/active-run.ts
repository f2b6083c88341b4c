import type { Lease } from '../claim/lease.ts';
import type { DaemonContext } from '../daemon/context.ts';
import type { Pause } from '../daemon/pause.ts';
import type { Log } from '../log/log.ts';
import { OutputLog } from '../log/output-log.ts';
import { type FileLock, waitForLock } from '../process/file-lock.ts';
import type { Release } from '../record/record.ts';
import type { RunFile } from '../record/run-file.ts';
import { type Fault, faults } from './fault.ts';

/** A run that this process works on. */
export interface ActiveRun {
  readonly context: DaemonContext;
  readonly file: RunFile;
  readonly lease: Lease;
  readonly log: Log;
  /** Aborted when the task is lost or the daemon must stop at once. Agents and verifications then end. */
  readonly signal: AbortSignal;
  /** Aborted when the daemon begins nothing new. A run that waits is then given back. */
  readonly drain: AbortSignal;
  /** The lock in the worktree. Null before the worktree is made. */
  worktreeLock: FileLock | null;
}

/** Why a run cannot go on. */
export interface Failure {
  readonly notes: string;
  /** The cause of the failure. The work by default. */
  readonly fault?: Fault;
  /** The release reason for the dispatcher, when the fault does not decide it. */
  readonly reason?: Release['reason'];
  readonly handoff?: string;
}

/**
 * Writes the failure to disk. The next step reports it to the dispatcher. The task can be claimed again after a pause
 * that doubles with each attempt. A failure of the work counts as a failed attempt, and work that was handed over goes
 * back to a builder. A fault of this machine or of origin pauses the daemon, longer each time. Another daemon may take
 * the task meanwhile.
 */
export async function fail(run: ActiveRun, { notes, fault = 'work', reason: given, handoff }: Failure): Promise<void> {
  const { stage, attempt } = run.file.record;
  const reason = given ?? (faults[fault].spendsAttempt ? (fault === 'work' && stage === 'merge' ? 'audit_failed' : null) : 'not_started');
  const comesAtOnce = fault === 'person' || ['blocked', 'needs_human', 'completed'].includes(reason ?? '');
  const retryAfterSeconds = comesAtOnce
    ? 0
    : Math.min(86_400, run.context.timings.firstRetryAfterSeconds * 2 ** Math.min(20, Math.max(0, attempt - 1)));
  run.log.warn({ fault, reason, notes }, 'the run is given back');
  // The base has a pause of its own.
  if (faults[fault].pauses && fault !== 'base') run.context.surroundings.couldNotWork({ why: notes.slice(0, 1_000), isCertain: true });
  await run.file.update({ state: 'releasing', release: { reason, notes, handoff: handoff ?? null, retryAfterSeconds } });
}

/** Waits until the pauses are over. False when the daemon stops before that, and the run is given back. */
export async function waitOutPause(run: ActiveRun, pauses: readonly Pause[]): Promise<boolean> {
  for (const pause of pauses) {
    if (pause.current !== null) showStep(run, 'paused');
    await pause.wait(AbortSignal.any([run.signal, run.drain]));
    if (pause.current === null || run.signal.aborted) continue;
    await fail(run, { fault: 'person', notes: `The daemon stopped while it was paused: ${pause.current.why}` });
    return false;
  }
  return !run.signal.aborted;
}

/** The agent and the token of the claim. Every request about the claim has them, so it works only while it is ours. */
export function fence({ file, lease }: ActiveRun): { readonly agent: string; readonly organization_id: string; readonly claim_token: string } {
  const { agent, task } = file.record;
  return { agent, organization_id: task.organization_id, claim_token: lease.token };
}

/** Opens the log of one command of the run. */
export function openOutputLog(run: ActiveRun, what: string): OutputLog {
  const { task, run: id, round } = run.file.record;
  return new OutputLog(`${run.context.state.logs}/${task.id}/${id.slice(0, 8)}-${round}-${what}.log`);
}

/** Shows in the status what the run does. */
export function showStep(run: ActiveRun, step: string): void {
  const { run: id, agent, task } = run.file.record;
  run.log.info({ step }, 'step');
  run.context.status.set(id, { agent, task: task.id, title: task.title, step, latest: '', since: performance.now() });
}

/** Runs work on the shared repository or the clean clone while nobody else does so. */
export async function exclusively<T>(context: DaemonContext, work: () => Promise<T>, signal?: AbortSignal): Promise<T> {
  await using lock = await waitForLock(`${context.state.clone}.lock`, signal);
  if (lock === null) throw new Error('The lock of the clean clone could not be taken');
  return await work();
}
