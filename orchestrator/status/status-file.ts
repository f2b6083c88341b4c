import { setTimeout as delay } from 'node:timers/promises';
import { z } from 'zod';
import type { DaemonContext } from '../daemon/context.ts';
import { identityOf, type ProcessIdentity } from '../process/process-identity.ts';
import { writeAtomically } from '../record/write-atomically.ts';
import { type StatusReport, statusReport, statusReportSchema } from './status-report.ts';

const everyMs = 2_000;

/** What is in the file: the report, and what tells its process from a later one with the same id. */
export const statusFileSchema = statusReportSchema.extend({ start_ticks: z.string(), boot_id: z.string() });

/** Writes the daemon's report to a file every two seconds, until the signal is aborted. */
export async function keepStatusFile(context: DaemonContext, member: string, file: string, signal: AbortSignal): Promise<void> {
  const identity = await identityOf(process.pid);
  while (!signal.aborted) {
    // On a full disk the last report stays, and the daemon goes on.
    await writeStatusFile(file, statusReport(context, member), identity).catch(() => undefined);
    await delay(everyMs, undefined, { signal }).catch(() => undefined);
  }
}

/** Writes a report to the file, in place of the one before. */
export async function writeStatusFile(file: string, report: StatusReport, identity: ProcessIdentity | null): Promise<void> {
  const content: z.infer<typeof statusFileSchema> = { ...report, start_ticks: identity?.startTicks ?? '', boot_id: identity?.bootId ?? '' };
  await writeAtomically(file, `${JSON.stringify(content)}\n`);
}
