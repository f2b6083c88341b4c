import { readFile } from 'node:fs/promises';
import { descendantsOf } from '@dispatcher/testing/harness/descendants-of.ts';

/** Returns the CPU seconds used so far. Undefined when the system does not report them. */
export type CpuClock = () => Promise<number | undefined>;

/** Clocks by the names of the processes, as the report shows them. */
export type CpuClocks = Readonly<Record<string, CpuClock>>;

/** The name of the process that makes the load. */
export const loadGenerator = 'load generator';

/** Linux counts CPU time in hundredths of a second, whatever the hardware. */
const ticksPerSecond = 100;

/** The clock of one process. */
export const cpuOfProcess =
  (pid: number): CpuClock =>
  async () =>
    ticks(await statOf(pid), ['user', 'system']);

/** The clock of a process and everything it has started, including processes that have ended. */
export const cpuOfTree =
  (pid: number): CpuClock =>
  async () => {
    const root = ticks(await statOf(pid), everything);
    if (root === undefined) return undefined;
    const below = await Promise.all((await descendantsOf(pid)).map(async (each) => ticks(await statOf(each), everything) ?? 0));
    return below.reduce((sum, seconds) => sum + seconds, root);
  };

/** The fields of `/proc/<pid>/stat` after the name of the program, which may contain anything. */
const fields = { user: 11, system: 12, endedUser: 13, endedSystem: 14 } as const;
const everything = ['user', 'system', 'endedUser', 'endedSystem'] as const;

function ticks(stat: readonly string[] | undefined, names: readonly (keyof typeof fields)[]): number | undefined {
  if (!stat) return undefined;
  return names.reduce((sum, name) => sum + Number(stat[fields[name]]), 0) / ticksPerSecond;
}

async function statOf(pid: number): Promise<string[] | undefined> {
  const text = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => undefined);
  return text?.slice(text.lastIndexOf(')') + 2).split(' ');
}
