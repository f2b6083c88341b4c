import { readdir, readFile } from 'node:fs/promises';

/** What the system says of one process. */
export interface ProcessEntry {
  readonly state: string;
  readonly parent: number;
  /** When it began, in the system's own ticks since the boot. */
  readonly startTicks: string;
}

/** The numbers of all processes there are; none where the system does not tell. */
export async function allPids(): Promise<number[]> {
  return (await readdir('/proc').catch(() => [])).filter((name) => /^\d+$/.test(name)).map(Number);
}

/** Looks a process up; null when there is none with that number. */
export async function readEntry(pid: number): Promise<ProcessEntry | null> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  // The program's name, in parentheses, may hold anything.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const [state, parent, startTicks] = [fields[0], fields[1], fields[19]];
  return state === undefined || parent === undefined || startTicks === undefined ? null : { state, parent: Number(parent), startTicks };
}
