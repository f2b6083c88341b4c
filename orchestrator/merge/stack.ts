import { createCandidate } from '../git/candidate.ts';
import { conflictMarkers, unsafeEntries } from '../git/candidate-faults.ts';
import { commitOf } from '../git/commit.ts';
import { type ActiveRun, fail, showStep } from '../run/active-run.ts';
import { sendBack } from '../run/send-back.ts';
import { workRefOf } from '../run/task-place.ts';
import type { VerifyCommands } from '../verify/commands.ts';
import { changesOfVerification } from '../verify/guarded-changes.ts';
import type { Waiting } from './queue-entry.ts';

/** A run whose work is one commit of the stack. */
export interface Placed extends Waiting {
  readonly commit: string;
  readonly tree: string;
}

/** The result of stacking. Runs that are in neither list were judged. */
export interface Stack {
  /** In order, from the base upwards. */
  readonly placed: readonly Placed[];
  /** Runs that conflict with the others. Whether they conflict with the base is judged after the others have landed. */
  readonly aside: readonly Waiting[];
}

/**
 * Puts the work of one run after the other onto the base. Work that conflicts with the base itself goes back to the
 * agent that made it.
 */
export async function stackOnto(base: string, commands: VerifyCommands, group: readonly Waiting[]): Promise<Stack> {
  const placed: Placed[] = [];
  const aside: Waiting[] = [];
  for (const waiting of group) {
    if (waiting.run.signal.aborted) {
      waiting.over();
      continue;
    }
    try {
      const onto = placed.at(-1)?.commit ?? base;
      const result = await place(waiting.run, onto, onto === base, commands);
      if (result === 'aside') aside.push(waiting);
      else if (result === 'judged') waiting.over();
      else placed.push({ ...waiting, ...result });
    } catch (error) {
      waiting.failed(error);
    }
  }
  return { placed, aside };
}

/** Makes the run's commit on top of another. Only a conflict with the base itself sends work back. */
async function place(
  run: ActiveRun,
  onto: string,
  isBase: boolean,
  commands: VerifyCommands,
): Promise<{ commit: string; tree: string } | 'aside' | 'judged'> {
  const { git, clone } = run.context;
  showStep(run, 'merge');
  const { task, agent } = run.file.record;
  const candidate = await createCandidate(git, clone, onto, await workOf(run), { ...task, agent });
  if (candidate.result !== 'candidate' && !isBase) return 'aside';
  if (candidate.result === 'empty') await fail(run, { notes: 'The agent changed nothing: an empty diff is not done.' });
  if (candidate.result === 'conflict') await sendBack(run, { kind: 'conflict', files: candidate.files });
  if (candidate.result !== 'candidate') return 'judged';
  const markers = await conflictMarkers(git, clone, onto, candidate.commit);
  if (markers.length > 0) {
    await sendBack(run, { kind: 'markers', files: markers });
    return 'judged';
  }
  const lines = commands.setup === null ? [commands.verify] : [commands.setup, commands.verify];
  const guarded = [
    ...(await unsafeEntries(git, clone, onto, candidate.commit)),
    ...(await changesOfVerification(git, clone, onto, candidate.commit, { commands: lines, patterns: run.context.settings.guardedFiles })),
  ];
  if (guarded.length === 0) return candidate;
  const list = guarded.slice(0, 20).map((one) => `- ${one}`);
  const notes = `The work changes what verifies it, or brings what must not be checked out, so a person must look at ${run.file.record.branch}:\n${list.join('\n')}`;
  await fail(run, { reason: 'needs_human', notes });
  return 'judged';
}

/** The newest commit of the work. */
async function workOf(run: ActiveRun): Promise<string> {
  const { git, clone } = run.context;
  const { stage, branch, originBranch } = run.file.record;
  const work = stage === 'merge' ? originBranch : await commitOf(git, clone.place, workRefOf(run));
  if (work === null) throw new Error(`The work on ${branch} is not there any more`);
  return work;
}
