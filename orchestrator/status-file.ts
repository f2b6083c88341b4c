import { setTimeout as delay } from 'node:timers/promises';
import type { DaemonContext } from './context.ts';
import { writeAtomically } from './run/write-atomically.ts';
import { statusReport } from './status-report.ts';

const everyMs = 2_000;

/** Keeps a file with what the daemon does, for those who look from outside, until the signal comes. */
export async function keepStatusFile(context: DaemonContext, member: string, file: string, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    // A full disk leaves the last file; the daemon goes on.
    await writeAtomically(file, `${JSON.stringify(statusReport(context, member))}\n`).catch(() => undefined);
    await delay(everyMs, undefined, { signal }).catch(() => undefined);
  }
}
