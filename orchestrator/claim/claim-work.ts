import { randomUUID } from 'node:crypto';
import path from 'node:path';
import type { ClaimedTask } from '@recursiv/sdk';
import { noUsage } from '../agent/stream-json.ts';
import type { DaemonContext } from '../daemon/context.ts';
import { branchOfTask } from '../git/branch-name.ts';
import { identityOf } from '../process/process-identity.ts';
import type { RunRecord } from '../record/record.ts';
import { RunFile } from '../record/run-file.ts';

/**
 * Claims a task, finished branches first where this daemon merges. The run is on disk when this answers; null when
 * there is nothing to do.
 */
export async function claimWork(context: DaemonContext, agent: string, signal: AbortSignal): Promise<RunFile | null> {
  const { dispatcher, settings, timings } = context;
  const input = { agent, lease_seconds: timings.leaseSeconds, ...settings.filters };
  const stages = [...(settings.mergeEnabled ? ['merge'] : []), ...(settings.builds ? ['build'] : [])];
  let claimed: ClaimedTask | null = null;
  for (const stage of stages) {
    const wait_seconds = stage === stages.at(-1) ? timings.claimWaitSeconds : 0;
    claimed ??= (await dispatcher.claimNext({ ...input, stage, wait_seconds }, { signal })).data;
  }
  return claimed === null ? null : await RunFile.create(context.state.runs, await recordFromClaim(context, agent, claimed));
}

async function recordFromClaim({ settings, daemonId }: DaemonContext, agent: string, { task, claim }: ClaimedTask): Promise<RunRecord> {
  const { id, organization_id, title, description, notes, context_handoff, created_at } = task;
  const stage = task.stage === 'merge' ? 'merge' : 'build';
  return {
    version: 1,
    run: randomUUID(),
    daemon: daemonId,
    process: await identityOf(process.pid),
    state: 'claimed',
    stage,
    agent,
    claimToken: claim.claim_token ?? '',
    attempt: claim.attempt,
    startedAt: new Date().toISOString(),
    task: { id, organization_id, title, description, notes, context_handoff, created_at },
    baseBranch: settings.baseBranch,
    branch: stage === 'merge' && task.branch !== null && isPlainBranch(task.branch, settings.baseBranch) ? task.branch : branchOfTask(id),
    worktree: path.join(`${settings.worktreeBaseDir}-${agent}`, id),
    worktreeKept: false,
    originBranch: null,
    round: 1,
    roundBegun: false,
    resumptions: 0,
    feedback: null,
    conflictReturned: false,
    candidate: null,
    landed: null,
    release: null,
    usage: noUsage,
    words: '',
  };
}

/** A builder may have named its branch differently. Anything that is not a plain branch name is not used as a ref. */
function isPlainBranch(name: string, baseBranch: string): boolean {
  return name !== baseBranch && /^(?!.*(\.\.|\/\/|\.lock(\/|$)|\/\.|[./]$))[A-Za-z0-9][\w./%-]{0,199}$/.test(name);
}
