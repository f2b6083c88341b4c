import { setTimeout as delay } from 'node:timers/promises';
import { wordsFromError } from '../claim/dispatcher.ts';
import { createCandidate } from '../git/candidate.ts';
import { fetchWork, type PushResult, pushToOrigin } from '../git/clean-clone.ts';
import { changesBetween, guardedChanges } from '../git/guarded-changes.ts';
import { waitForLock } from '../process/file-lock.ts';
import { shortHash } from '../state-folder.ts';
import { fileAt, type VerifyCommands, verifyCommands } from '../verify/commands.ts';
import { verifyCommit } from '../verify/verify-commit.ts';
import { type ActiveRun, exclusively, fail, showStep } from './active-run.ts';
import { readBase } from './read-base.ts';
import { sendBack } from './send-back.ts';

/** How often a push is tried whose connection breaks. */
const pushTries = 3;

/** What one try to land came to: `again` when the base moved meanwhile, `over` when the record says how it ended or somebody must be asked first. */
type Try = 'again' | 'over';

/**
 * Lands the run's work: merge with the newest base, verify exactly that commit, push it by compare-and-set right after an accepted heartbeat. One at a time per
 * base branch and machine; what others push meanwhile makes the push fail, and it begins again.
 */
export async function integrate(run: ActiveRun): Promise<void> {
  const { state, clone, settings, timings } = run.context;
  showStep(run, 'waiting to merge');
  const lockFile = `${state.locks}/merge-${shortHash(`${clone.originUrl}\n${settings.baseBranch}`)}.lock`;
  await using lock = await waitForLock(lockFile, run.signal);
  if (lock === null) return;
  for (let tries = 0; tries < timings.mergeTries; tries++) {
    if ((await tryToLand(run)) === 'over') return;
    run.log.info('the base moved meanwhile');
  }
  await fail(run, { notes: `${settings.baseBranch} moved during each of ${timings.mergeTries} verifications.` });
}

async function tryToLand(run: ActiveRun): Promise<Try> {
  const { git, clone } = run.context;
  showStep(run, 'merge');
  const base = await readBase(run.context, run.signal);
  const { task, agent } = run.file.record;
  const candidate = await createCandidate(git, clone, base, await workOf(run), { id: task.id, title: task.title, agent });
  if (candidate.result === 'empty') await fail(run, { notes: 'The agent changed nothing: an empty diff is not done.' });
  if (candidate.result === 'conflict') await sendBack(run, { kind: 'conflict', files: candidate.files });
  if (candidate.result !== 'candidate') return 'over';

  const commands = await acceptedCommands(run, base, candidate.commit);
  if (commands === null) return 'over';
  showStep(run, 'verify');
  const verified = await verifyCommit(run, candidate.commit, commands);
  if (verified.result === 'failed') await sendBack(run, { kind: 'verify', why: verified.why, tail: verified.tail, hung: verified.hung });
  if (verified.result !== 'passed') return 'over';
  await run.file.update({ state: 'verified', candidate: candidate.commit });
  return await push(run, base, candidate.commit);
}

/** The newest commit of the work, in the clean clone. */
async function workOf(run: ActiveRun): Promise<string> {
  const { git, clone, repository } = run.context;
  const { stage, branch } = run.file.record;
  if (stage === 'merge') return `refs/heads/${branch}`;
  return await exclusively(run.context, () => fetchWork(git, clone, repository.place, branch));
}

/** The commands that verify the candidate; null when there are none, or when it changes them itself, which the record then says. */
async function acceptedCommands(run: ActiveRun, base: string, commit: string): Promise<VerifyCommands | null> {
  const { git, clone, settings } = run.context;
  const commands = await verifyCommands(git, clone, base, settings);
  if (commands === null) {
    await fail(run, {
      reason: 'needs_human',
      notes: `Nothing verifies: ${settings.baseBranch} has no typecheck or test script, and ORCH_VERIFY_CMD is not set.`,
    });
    return null;
  }
  const manifests = { base: await fileAt(git, clone, base, 'package.json'), candidate: await fileAt(git, clone, commit, 'package.json') };
  const lines = commands.setup === null ? [commands.verify] : [commands.setup, commands.verify];
  const guarded = guardedChanges(await changesBetween(git, clone, base, commit), { commands: lines, manifests });
  if (guarded.length === 0) return commands;
  const list = guarded.slice(0, 20).map((one) => `- ${one}`);
  await fail(run, {
    reason: 'needs_human',
    notes: `The work changes what verifies it, so a person must look at ${run.file.record.branch}:\n${list.join('\n')}`,
  });
  return null;
}

async function push(run: ActiveRun, base: string, commit: string): Promise<Try> {
  const { settings } = run.context;
  showStep(run, 'push');
  if ((await run.lease.renew()) !== 'held' || run.signal.aborted) return 'over';
  const pushed = await pushStubbornly(run, base, commit);
  if (pushed.result === 'pushed') {
    await run.file.update({ state: 'landed' });
    return 'over';
  }
  await run.file.update({ state: 'built', candidate: null });
  const now = await readBase(run.context, run.signal);
  if (now !== base) return 'again';
  await fail(run, {
    reason: 'blocked',
    notes: `origin refused the verified commit ${commit} on ${settings.baseBranch}:\n${pushed.said.slice(0, 2_000)}`,
  });
  return 'over';
}

/** A connection that breaks says nothing about whether the push arrived, so origin is asked before it is tried again. */
async function pushStubbornly(run: ActiveRun, base: string, commit: string): Promise<PushResult> {
  const { git, clone, settings, timings } = run.context;
  for (let tries = 1; ; tries++) {
    try {
      return await pushToOrigin(git, clone, { branch: settings.baseBranch, commit, expected: base });
    } catch (error) {
      run.log.warn({ why: wordsFromError(error) }, 'the push broke off');
      const now = await readBase(run.context);
      if (now === commit) return { result: 'pushed' };
      if (now !== base) return { result: 'stale', said: 'the base moved' };
      if (tries >= pushTries || run.signal.aborted) throw error;
      await delay(timings.retryMs);
    }
  }
}
