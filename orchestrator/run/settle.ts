import { existsSync } from 'node:fs';
import { RecursivError } from '@recursiv/sdk';
import { usageText } from '../agent/stream-json.ts';
import { wordsFromError } from '../claim/dispatcher.ts';
import { pushToOrigin } from '../git/clean-clone.ts';
import { commitOf, isAncestor } from '../git/commit.ts';
import { landedCommit } from '../git/landed.ts';
import type { Release, RunRecord } from '../record/record.ts';
import { type ActiveRun, fail, fence, showStep } from './active-run.ts';
import { ownsWorktree } from './prepare-worktree.ts';
import { saveRun } from './save-run.ts';
import { workRefOf } from './task-place.ts';

/** The dispatcher accepts 64 KiB of text. */
const textBytes = 60_000;

/** Tells the dispatcher that the task is done. Deletes the task's branch when it is what landed. */
export async function complete(run: ActiveRun): Promise<void> {
  const { dispatcher, git, clone, settings, status } = run.context;
  const { record } = run.file;
  showStep(run, 'done');
  const commit = await landedCommit(git, clone, settings.baseBranch, record.task);
  const isOurs = record.state === 'landed' || (commit !== null && commit === record.candidate);
  const sha = commit ?? record.candidate;
  if (!isOurs) await keepWork(run);
  const notes = [
    lastWords(record),
    `Merged into ${settings.baseBranch} as ${sha ?? 'an earlier commit'} by ${record.agent}.`,
    usageText(record.usage),
  ].filter((line) => line !== '');
  const told = await tell(run, () =>
    dispatcher.complete(record.task.id, { ...fence(run), notes: accepted(notes.join('\n')), commits: sha === null ? [] : [sha] }),
  );
  if (!told) return;
  endPauses(run);
  status.finished += 1;
  if (isOurs) await dropBranch(run);
  await run.file.update({ state: 'closed', landed: isOurs ? sha : null });
}

/** Saves the work on origin and gives the task back with the reason. */
export async function release(run: ActiveRun): Promise<void> {
  const { dispatcher, status } = run.context;
  const { record } = run.file;
  const planned: Release = record.release ?? { reason: 'not_started', notes: 'The run was given up.', handoff: null, retryAfterSeconds: 0 };
  showStep(run, `release${planned.reason === null ? '' : ` (${planned.reason})`}`);
  const kept = await keepWork(run);
  const { reason, notes, handoff, retryAfterSeconds } = planned.reason === 'completed' && !kept.onOrigin ? notHandedOver(planned, kept) : planned;
  const left = kept.left === null || notes.includes(kept.left) ? '' : kept.left;
  const text = [lastWords(record), notes, left, kept.note, usageText(record.usage)].filter((line) => line !== '').join('\n');
  const told = await tell(run, () =>
    dispatcher.release(record.task.id, {
      ...fence(run),
      notes: accepted(text),
      retry_after_seconds: retryAfterSeconds,
      ...(reason !== null && { release_reason: reason }),
      ...(handoff !== null && { context_handoff: accepted(handoff) }),
      ...(kept.onOrigin && { branch: record.branch, commits: kept.commits }),
    }),
  );
  if (!told) return;
  if (reason === 'completed') {
    endPauses(run);
    status.finished += 1;
  } else {
    status.released += 1;
    status.lastFailure = `${record.task.id}: ${notes.replace(/\s*\n\s*/g, ' ').slice(0, 500)}`;
  }
  await run.file.update({ state: 'closed' });
}

/** Hands finished work over to a merger: pushes the branch to origin, and moves the task to the stage `merge`. */
export async function handOver(run: ActiveRun): Promise<void> {
  const { branch, agent } = run.file.record;
  const work = await workBeyondBase(run);
  if (work === null) return await fail(run, { notes: 'The agent changed nothing: an empty diff is not done.' });
  await run.file.update({
    state: 'releasing',
    release: { reason: 'completed', notes: `Built on ${branch} by ${agent}, to be merged.`, handoff: null, retryAfterSeconds: 0 },
  });
}

/** Keeps the work when the task belongs to somebody else or is over. */
export async function keep(run: ActiveRun): Promise<void> {
  showStep(run, 'keep the work');
  const { state, candidate } = run.file.record;
  if (state === 'landed') {
    await dropBranch(run);
    return await run.file.update({ state: 'closed', landed: candidate });
  }
  const kept = await keepWork(run);
  run.log.warn({ standing: run.lease.standing, kept: kept.note }, 'the task is no longer ours');
  await run.file.update({ state: 'closed' });
}

/** A run that ended well shows that machine, origin and base are well. */
function endPauses({ context: { surroundings, base } }: ActiveRun): void {
  surroundings.endedWell();
  base.pause.endedWell();
}

interface Kept {
  readonly onOrigin: boolean;
  readonly commits: string[];
  readonly note: string;
  /** The files that cannot be committed, in words. */
  readonly left: string | null;
}

/**
 * Commits the work in the worktree and pushes the task's branch to origin, if it has any work and nobody has moved it
 * on origin. Never throws: work that cannot be saved stays where it is and is named, and the task is still given back.
 */
async function keepWork(run: ActiveRun): Promise<Kept> {
  const { stage, worktree } = run.file.record;
  if (stage === 'merge') return nothingKept;
  try {
    if (!(await ownsWorktree(run))) return nothingKept;
    const left = existsSync(worktree) ? await saveRun(run) : null;
    const pushed = await pushWork(run);
    return { ...pushed, left };
  } catch (error) {
    run.log.error({ err: error }, 'the work could not be saved');
    await run.file.update({ worktreeKept: true }).catch(() => undefined);
    const place = `${worktree}.kept-${run.file.record.run.slice(0, 8)}`;
    return { ...nothingKept, note: `Its work could not be saved (${wordsFromError(error).slice(0, 1_000)}) and is kept in ${place}.` };
  }
}

const nothingKept: Kept = { onOrigin: false, commits: [], note: '', left: null };

async function pushWork(run: ActiveRun): Promise<Kept> {
  const { git, clone } = run.context;
  const { branch, originBranch } = run.file.record;
  const work = await workBeyondBase(run);
  if (work === null) return nothingKept;
  const onOrigin: Kept = { onOrigin: true, commits: work.commits, note: `Its work is on origin's ${branch}.`, left: null };
  if (work.tip === originBranch) return onOrigin;
  const here = `Its work is in ${clone.place.gitDir} only, as ${workRefOf(run)};`;
  try {
    const pushed = await pushToOrigin(git, clone, { branch, commit: work.tip, expected: originBranch });
    if (pushed.result !== 'pushed') return { ...nothingKept, note: `${here} origin did not take it: ${pushed.said.split('\n')[0] ?? ''}` };
  } catch (error) {
    return { ...nothingKept, note: `${here} origin could not be reached: ${wordsFromError(error).split('\n')[0] ?? ''}` };
  }
  await run.file.update({ originBranch: work.tip });
  return onOrigin;
}

/** The saved work and its commits that are not on the base, newest first. Null when the base has all of it. */
async function workBeyondBase(run: ActiveRun): Promise<{ tip: string; commits: string[] } | null> {
  const { git, clone, settings } = run.context;
  const tip = await commitOf(git, clone.place, workRefOf(run));
  const base = `refs/heads/${settings.baseBranch}`;
  if (tip === null || (await commitOf(git, clone.place, base)) === null || (await isAncestor(git, clone.place, tip, base))) return null;
  const { stdout } = await git(clone.place, ['rev-list', '--max-count=100', tip, `^${base}`]);
  return { tip, commits: stdout.split('\n').filter((line) => line !== '') };
}

/** Deletes the landed branch here and on origin, unless somebody has moved it. */
async function dropBranch(run: ActiveRun): Promise<void> {
  const { git, clone, settings } = run.context;
  const { branch, originBranch } = run.file.record;
  if (originBranch === null || branch === settings.baseBranch || !branch.startsWith('task/')) return;
  await pushToOrigin(git, clone, { branch, commit: null, expected: originBranch }).catch((error: unknown) =>
    run.log.warn({ why: wordsFromError(error) }, 'the branch stays on origin'),
  );
}

/**
 * Sends a request to the dispatcher. False when the claim is not ours or the dispatcher does not answer. Throws when
 * the request itself is wrong.
 */
async function tell(run: ActiveRun, say: () => Promise<unknown>): Promise<boolean> {
  try {
    await run.lease.settle(say);
    return true;
  } catch (error) {
    if (!(error instanceof RecursivError)) throw error;
    run.log.warn({ why: wordsFromError(error) }, 'the dispatcher did not accept it');
    if ((await run.lease.renew()) === 'held') throw error;
    return false;
  }
}

function notHandedOver(planned: Release, kept: Kept): Release {
  return { ...planned, reason: null, notes: `The work could not be handed over. ${kept.note}`, retryAfterSeconds: 60 };
}

function lastWords({ words }: RunRecord): string {
  return words === '' ? '' : `The agent said at its end:\n${words}\n`;
}

/** The end of a text, which matters most, as long as the dispatcher accepts and without characters that it refuses. */
function accepted(text: string): string {
  const bytes = Buffer.from(text.toWellFormed().replaceAll('\0', ''));
  return bytes.subarray(-textBytes).toString('utf8').toWellFormed();
}
