import { setTimeout as delay } from 'node:timers/promises';
import { wordsFromError } from '../claim/dispatcher.ts';
import type { DaemonContext } from '../daemon/context.ts';
import { type PushResult, pushToOrigin } from '../git/clean-clone.ts';
import { isAncestor } from '../git/commit.ts';
import { readBase } from '../run/read-base.ts';
import { judge } from './queue-entry.ts';
import type { Placed } from './stack.ts';

/** How often a push is tried when the connection breaks. */
const pushTries = 3;

/**
 * Moves the base branch on origin to the verified tip of the stack. The records of the runs are written before the push
 * and after it.
 */
export async function pushBase(context: DaemonContext, base: string, placed: readonly Placed[]): Promise<PushResult> {
  await Promise.all(placed.map(({ run, commit }) => run.file.update({ state: 'verified', candidate: commit })));
  const pushed = await pushStubbornly(context, base, placed);
  if (pushed.result === 'pushed') for (const one of placed) await judge(one, ({ file }) => file.update({ state: 'landed' }));
  else await Promise.all(placed.map(({ run }) => run.file.update({ state: 'built', candidate: null })));
  return pushed;
}

/** Pushes. After a push without success it asks origin for its state, because the answer may have been lost. */
async function pushStubbornly(context: DaemonContext, base: string, placed: readonly Placed[]): Promise<PushResult> {
  const { git, clone, settings, timings, log } = context;
  const commit = placed.at(-1)?.commit ?? base;
  for (let tries = 1; ; tries++) {
    const pushed = await pushToOrigin(git, clone, { branch: settings.baseBranch, commit, expected: base }).catch((error: unknown) => ({
      result: 'broken' as const,
      error,
    }));
    if (pushed.result === 'pushed') return pushed;
    const now = await readBase(context);
    if (await isAncestor(git, clone.place, commit, now)) return { result: 'pushed' };
    if (now !== base) return { result: 'stale', said: 'the base moved' };
    if (pushed.result !== 'broken') return pushed;
    log.warn({ why: wordsFromError(pushed.error) }, 'the push broke off');
    if (tries >= pushTries) throw pushed.error;
    await delay(timings.retryMs);
    const standings = await Promise.all(placed.map(({ run }) => run.lease.renew()));
    if (standings.some((standing) => standing !== 'held')) return { result: 'stale', said: 'a task was lost meanwhile' };
  }
}
