import path from 'node:path';
import { readBase } from '../run/read-base.ts';
import type { DaemonContext } from './context.ts';
import { spaceFault } from './space-fault.ts';

/** Why no new work may be begun; null when it may. Work begun all the same would fail for a reason that is not its own. */
export async function obstacle(context: DaemonContext, signal: AbortSignal): Promise<string | null> {
  const { state, settings, timings, status } = context;
  for (const folder of [state.runs, path.dirname(settings.worktreeBaseDir)]) {
    const fault = await spaceFault(folder, timings.minimumFreeBytes);
    if (fault !== null) return fault;
  }
  if (!status.isOriginAway) return null;
  return await readBase(context, signal).then(
    () => null,
    () => 'origin cannot be read',
  );
}
