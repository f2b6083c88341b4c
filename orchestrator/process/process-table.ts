import { readdir, readFile } from 'node:fs/promises';

/** What the system says about one process. */
export interface ProcessEntry {
  readonly state: string;
  readonly parent: number;
  /** When it started, in clock ticks since the boot. */
  readonly startTicks: string;
}

/** The ids of all processes; an empty list where the system has no `/proc`. */
export async function allPids(): Promise<number[]> {
  return (await readdir('/proc').catch(() => [])).filter((name) => /^\d+$/.test(name)).map(Number);
}

/** Looks a process up; null when none has this id. */
export async function readEntry(pid: number): Promise<ProcessEntry | null> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  // The program's name stands in parentheses, and may itself contain parentheses and spaces.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const [state, parent, startTicks] = [fields[0], fields[1], fields[19]];
  return state === undefined || parent === undefined || startTicks === undefined ? null : { state, parent: Number(parent), startTicks };
}
