import type { DaemonContext } from '../daemon/context.ts';
import { type ActiveRun, type Failure, fail, showStep } from '../run/active-run.ts';
import { readBase } from '../run/read-base.ts';
import { sendBack } from '../run/send-back.ts';
import { type VerifyCommands, verifyCommands } from '../verify/commands.ts';
import { type CommandResult, verifyCommit, whyBaseFails } from '../verify/verify-commit.ts';
import { pushBase } from './push-base.ts';
import { judge, type Waiting } from './queue-entry.ts';
import { type Placed, stackOnto } from './stack.ts';

/** Runs to land together, in this order. */
type Group = readonly Waiting[];

/**
 * Lands a batch: stacks the runs on the newest base, verifies the tip of the stack, and pushes it by compare-and-set
 * right after accepted heartbeats. So every commit that lands was verified as part of exactly the tree that landed. A
 * group that fails is split in halves until the failing run is alone on the base. The others land without it.
 */
export async function landBatch(context: DaemonContext, batch: Group): Promise<void> {
  const failedTrees = new Set<string>();
  const groups: Group[] = [batch];
  for (let group = groups.shift(); group !== undefined; group = groups.shift()) {
    groups.unshift(...(await landGroup(context, group, failedTrees)).filter((left) => left.length > 0));
  }
}

/** Returns the groups to try next. */
async function landGroup(context: DaemonContext, group: Group, failedTrees: Set<string>): Promise<Group[]> {
  const { settings, timings, log } = context;
  let left = group;
  for (let tries = 0; tries < timings.mergeTries; tries++) {
    const base = await readBase(context);
    const commands = await verifyCommands(context.git, context.clone, base, settings);
    if (typeof commands === 'string') {
      await giveBack(left, { reason: 'needs_human', notes: commands });
      return [];
    }
    const { placed, aside } = await stackOnto(base, commands, left);
    const tip = placed.at(-1);
    if (tip === undefined) return [];
    // The same tree has just failed, so one of these runs fails.
    if (placed.length > 1 && failedTrees.has(tip.tree)) return [...halves(placed), aside];
    const verified = await verifyTip(placed, tip, commands);
    if (verified.result === 'failed') failedTrees.add(tip.tree);
    if (placed.length === 1 && verified.result === 'failed' && !verified.hung && (await whyBaseFails(tip.run, base, commands)) !== null) {
      // The base itself fails, so no work can be judged on it. The run waits for the end of the pause, and is tried
      // again.
      tip.over();
      return [aside];
    }
    if (verified.result === 'failed' || verified.result === 'broken') return [...(await blame(placed, (run) => sayWhatFailed(run, verified))), aside];
    if (verified.result === 'aborted') {
      for (const { over } of placed) over();
      return [aside];
    }
    const held = await stillHeld(placed);
    if (held.length < placed.length) return [held, aside];
    const pushed = await pushBase(context, base, placed);
    if (pushed.result === 'pushed') return [aside];
    if (pushed.result === 'refused') {
      const notes = `origin refused the verified commit ${tip.commit} on ${settings.baseBranch}:\n${pushed.said.slice(0, 2_000)}`;
      return [...(await blame(placed, (run) => fail(run, { reason: 'blocked', notes }))), aside];
    }
    log.info({ tasks: placed.map(({ run }) => run.file.record.task.id), why: pushed.said }, 'the verified commits are not pushed');
    left = [...placed, ...aside];
  }
  await giveBack(left, { fault: 'race', notes: `${settings.baseBranch} moved during each of ${timings.mergeTries} verifications.` });
  return [];
}

/** `broken`: the verification could not run, for example because the commit cannot be checked out. */
type Verified = CommandResult | { readonly result: 'broken'; readonly error: unknown };

/** Verifies the tip. The processes and the log belong to the first run, which waits until all runs are finished. */
async function verifyTip(placed: readonly Placed[], tip: Placed, commands: VerifyCommands): Promise<Verified> {
  for (const { run } of placed) showStep(run, placed.length === 1 ? 'verify' : `verify with ${placed.length - 1} more`);
  using unwanted = whenAllAborted(placed.map(({ run }) => run.signal));
  return await verifyCommit(placed[0]?.run ?? tip.run, tip.commit, commands, unwanted.signal).catch((error: unknown) => ({
    result: 'broken' as const,
    error,
  }));
}

/** Sends a heartbeat for each task right before the push. Drops the runs whose claim is lost. */
async function stillHeld(placed: readonly Placed[]): Promise<Placed[]> {
  for (const { run } of placed) showStep(run, 'push');
  const standings = await Promise.all(placed.map(({ run }) => run.lease.renew()));
  const isHeld = ({ run }: Placed, index: number) => standings[index] === 'held' && !run.signal.aborted;
  for (const one of placed.filter((placement, index) => !isHeld(placement, index))) one.over();
  return placed.filter(isHeld);
}

async function sayWhatFailed(run: ActiveRun, verified: Exclude<Verified, { result: 'passed' | 'aborted' }>): Promise<void> {
  if (verified.result === 'broken') throw verified.error;
  await sendBack(run, { kind: 'verify', why: verified.why, tail: verified.tail, hung: verified.hung });
}

/**
 * Judges a run that is alone. A larger group is split, because only a run alone shows the cause. Returns the groups.
 */
async function blame(placed: Group, say: (run: ActiveRun) => Promise<void>): Promise<Group[]> {
  if (placed.length > 1) return halves(placed);
  for (const one of placed) await judge(one, say);
  return [];
}

async function giveBack(group: Group, failure: Failure): Promise<void> {
  for (const one of group) await judge(one, (run) => fail(run, failure));
}

function halves(group: Group): [Group, Group] {
  const middle = Math.ceil(group.length / 2);
  return [group.slice(0, middle), group.slice(middle)];
}

/** A signal that fires when all the others have fired. */
function whenAllAborted(signals: readonly AbortSignal[]): Disposable & { readonly signal: AbortSignal } {
  const all = new AbortController();
  const look = () => {
    if (signals.every((signal) => signal.aborted)) all.abort();
  };
  look();
  for (const signal of signals) signal.addEventListener('abort', look);
  return {
    signal: all.signal,
    [Symbol.dispose]: () => {
      for (const signal of signals) signal.removeEventListener('abort', look);
    },
  };
}
