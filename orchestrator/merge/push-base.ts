import { setTimeout as delay } from 'node:timers/promises';
import { wordsFromError } from '../claim/dispatcher.ts';
import type { DaemonContext } from '../context.ts';
import { type PushResult, pushToOrigin } from '../git/clean-clone.ts';
import { fail } from '../run/active-run.ts';
import { readBase } from '../run/read-base.ts';
import type { Placed } from './stack.ts';

/** How often a push is tried whose connection breaks. */
const pushTries = 3;

/** Moves the base branch on origin to the verified tip of the stack. The records say first what is about to happen, and then what did. */
export async function pushBase(context: DaemonContext, base: string, placed: readonly Placed[]): Promise<'pushed' | 'moved' | 'refused'> {
  const { settings } = context;
  const tip = placed.at(-1)?.commit ?? base;
  await Promise.all(placed.map(({ run, commit }) => run.file.update({ state: 'verified', candidate: commit })));
  const pushed = await pushStubbornly(context, base, tip);
  if (pushed.result === 'pushed') {
    for (const { run, over } of placed) {
      await run.file.update({ state: 'landed' });
      over();
    }
    return 'pushed';
  }
  await Promise.all(placed.map(({ run }) => run.file.update({ state: 'built', candidate: null })));
  if ((await readBase(context)) !== base) return 'moved';
  for (const { run, over } of placed) {
    const notes = `origin refused the verified commit ${tip} on ${settings.baseBranch}:\n${pushed.said.slice(0, 2_000)}`;
    await fail(run, { reason: 'blocked', notes });
    over();
  }
  return 'refused';
}

/** A connection that breaks says nothing about whether the push arrived, so origin is asked before it is tried again. */
async function pushStubbornly(context: DaemonContext, base: string, commit: string): Promise<PushResult> {
  const { git, clone, settings, timings, log } = context;
  for (let tries = 1; ; tries++) {
    try {
      return await pushToOrigin(git, clone, { branch: settings.baseBranch, commit, expected: base });
    } catch (error) {
      log.warn({ why: wordsFromError(error) }, 'the push broke off');
      const now = await readBase(context);
      if (now === commit) return { result: 'pushed' };
      if (now !== base) return { result: 'stale', said: 'the base moved' };
      if (tries >= pushTries) throw error;
      await delay(timings.retryMs);
    }
  }
}
