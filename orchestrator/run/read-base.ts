import type { DaemonContext } from '../daemon/context.ts';
import { fetchFromOrigin } from '../git/clean-clone.ts';
import { exclusively } from './active-run.ts';

/**
 * Fetches the base branch and returns its newest commit. Throws when origin cannot be read. The daemon then claims no
 * more tasks.
 */
export async function readBase(context: DaemonContext, signal?: AbortSignal): Promise<string> {
  const { git, clone, settings, status } = context;
  try {
    const base = await exclusively(context, () => fetchFromOrigin(git, clone, settings.baseBranch, { signal, tags: true }), signal);
    if (base === null) throw new Error(`origin has no branch ${settings.baseBranch}`);
    status.isOriginAway = false;
    return base;
  } catch (error) {
    status.isOriginAway = true;
    throw error;
  }
}
