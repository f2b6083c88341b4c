import { bootId } from './boot-id.ts';
import { readEntry } from './process-table.ts';

/** One process, told from any other that had or will have its number. */
export interface ProcessIdentity {
  readonly pid: number;
  /** When it began, in the system's own ticks since the boot. */
  readonly startTicks: string;
  readonly bootId: string;
}

/** Who a process is; null when it does not run. A zombie does not: nothing of it is left but its number. */
export async function identityOf(pid: number): Promise<ProcessIdentity | null> {
  const entry = await readEntry(pid);
  if (entry === null || entry.state === 'Z' || entry.state === 'X') return null;
  return { pid, startTicks: entry.startTicks, bootId: await bootId() };
}

/** Whether this very process still runs. */
export async function isRunning(identity: ProcessIdentity): Promise<boolean> {
  const now = await identityOf(identity.pid);
  return now !== null && now.startTicks === identity.startTicks && now.bootId === identity.bootId;
}

/** Sends a signal to this very process, and to nobody who has its number by now. False when it does not run. */
export async function sendSignal(identity: ProcessIdentity, signal: NodeJS.Signals): Promise<boolean> {
  if (!(await isRunning(identity))) return false;
  try {
    process.kill(identity.pid, signal);
    return true;
  } catch {
    return false;
  }
}
