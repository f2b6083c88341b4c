import { cpus, loadavg, release, totalmem, type } from 'node:os';

/** The machine that made the figures. Figures of different machines cannot be compared. */
export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  readonly memoryGib: number;
  readonly system: string;
  readonly node: string;
  readonly postgres: string;
}

/** This machine. */
export function describeMachine(postgres: string): Machine {
  const all = cpus();
  return {
    cpu: all[0]?.model.trim() ?? 'unknown',
    cores: all.length,
    memoryGib: Math.round(totalmem() / 2 ** 30),
    system: `${type()} ${release()}`,
    node: process.version,
    postgres,
  };
}

/** The average number of processes that wanted a core in the last minute. */
export const loadAverage = (): number => loadavg()[0] ?? Number.NaN;
