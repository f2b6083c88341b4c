import path from 'node:path';
import { readBase } from '../run/read-base.ts';
import type { DaemonContext } from './context.ts';
import { freeSpaceFault } from './free-space.ts';

/** Why no new work may begin, because of this machine or origin; null when it may. */
export async function whyBlocked(context: DaemonContext, signal: AbortSignal): Promise<string | null> {
  const { state, settings, timings, status, spares } = context;
  for (const folder of [state.runs, path.dirname(settings.worktreeBaseDir)]) {
    const fault = await freeSpaceFault(folder, timings.minimumFreeBytes);
    if (fault === null) continue;
    // The tasks at work need the room more.
    spares.keep(0);
    return fault;
  }
  if (!status.isOriginAway) return null;
  return await readBase(context, signal).then(
    () => null,
    () => 'origin cannot be read',
  );
}
