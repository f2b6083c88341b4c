import { availableParallelism, cpus, release, totalmem, type } from 'node:os';

/** Describes the machine of a measurement in words. */
export function machineInWords(): string {
  const model = cpus()[0]?.model.trim() ?? 'unknown processor';
  return `${availableParallelism()} cores (${model}), ${(totalmem() / 2 ** 30).toFixed(0)} GiB, ${type()} ${release()}, Node ${process.versions.node}`;
}
