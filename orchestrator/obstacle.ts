import { statfs } from 'node:fs/promises';
import path from 'node:path';
import type { DaemonContext } from './context.ts';
import { readBase } from './run/read-base.ts';

/** Why no new work may be begun; null when it may. Work begun all the same would fail for a reason that is not its own. */
export async function obstacle(context: DaemonContext): Promise<string | null> {
  const { state, settings, timings, status } = context;
  for (const folder of [state.runs, path.dirname(settings.worktreeBaseDir)]) {
    const { bavail, bsize } = await statfs(folder);
    if (bavail * bsize < timings.minimumFreeBytes) return `${folder} has less than ${Math.round(timings.minimumFreeBytes / 1024 / 1024)} MiB free`;
  }
  if (!status.isOriginAway) return null;
  return await readBase(context).then(
    () => null,
    () => 'origin cannot be read',
  );
}
