import type { Sample } from './comparison.ts';
import type { CpuClocks } from './cpu.ts';

/** The result of a run of operations. */
export interface Run {
  readonly count: number;
  readonly seconds: number;
  readonly p50Ms: number | null;
  readonly p99Ms: number | null;
}

/** Operations per second, with the CPU time of each process per operation. */
export async function throughputOf(clocks: CpuClocks, run: () => Promise<Run>): Promise<Sample> {
  const { done, cpuMicros } = await withCpu(clocks, run);
  return { value: done.count / done.seconds, ...common(done), ...cpuMicros };
}

/** How long an operation takes in the median, in milliseconds. */
export async function latencyOf(clocks: CpuClocks, run: () => Promise<Run>): Promise<Sample> {
  const { done, cpuMicros } = await withCpu(clocks, run);
  if (done.p50Ms === null) throw new Error('nothing was measured');
  return { value: done.p50Ms, ...common(done), ...cpuMicros };
}

const common = ({ count, p50Ms, p99Ms }: Run) => ({ count, ...(p50Ms !== null && { p50Ms }), ...(p99Ms !== null && { p99Ms }) });

async function withCpu(clocks: CpuClocks, run: () => Promise<Run>): Promise<{ done: Run; cpuMicros: Pick<Sample, 'cpuMicros'> }> {
  const read = () => Promise.all(Object.entries(clocks).map(async ([name, clock]) => ({ name, seconds: await clock() })));
  const before = await read();
  const done = await run();
  const after = await read();
  if (done.count === 0) throw new Error('not one operation was done');
  const used = after.map(
    ({ name, seconds }, i) => [name, ((seconds ?? Number.NaN) - (before[i]?.seconds ?? Number.NaN)) * (1e6 / done.count)] as const,
  );
  return { done, cpuMicros: used.every(([, micros]) => Number.isFinite(micros)) ? { cpuMicros: Object.fromEntries(used) } : {} };
}
