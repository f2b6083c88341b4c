import { bootId } from './boot-id.ts';
import { readEntry } from './process-table.ts';

/** One process. Its start time and boot tell it from other processes that have the same id at another time. */
export interface ProcessIdentity {
  readonly pid: number;
  /** When it started, in clock ticks since the boot. */
  readonly startTicks: string;
  readonly bootId: string;
}

/** The identity of a process; null when it does not run. A zombie does not run. */
export async function identityOf(pid: number): Promise<ProcessIdentity | null> {
  const entry = await readEntry(pid);
  if (entry === null || entry.state === 'Z' || entry.state === 'X') return null;
  return { pid, startTicks: entry.startTicks, bootId: await bootId() };
}

/** Whether this process still runs. */
export async function isRunning(identity: ProcessIdentity): Promise<boolean> {
  const now = await identityOf(identity.pid);
  return now !== null && now.startTicks === identity.startTicks && now.bootId === identity.bootId;
}

/** Sends a signal to this process, and never to another one that has its id now. False when it no longer runs. */
export async function sendSignal(identity: ProcessIdentity, signal: NodeJS.Signals): Promise<boolean> {
  if (!(await isRunning(identity))) return false;
  try {
    process.kill(identity.pid, signal);
    return true;
  } catch {
    return false;
  }
}
