import type { SeedResult } from './run-seed.ts';

/** A run in one line. */
export function lineOf(result: SeedResult): string {
  const { seed, setup, seconds, history, events, violations } = result;
  const attempts = history.operations.reduce((sum, operation) => sum + operation.attempts.length, 0);
  const frames = history.streams.reduce((sum, stream) => sum + stream.frames.length, 0);
  const verdict = violations.length === 0 ? 'ok' : `${violations.length} VIOLATIONS`;
  const work = `${history.operations.length} requests sent ${attempts} times, ${events} events, ${frames} frames read`;
  return `seed ${seed} (${setup}, ${seconds.toFixed(0)} s): ${work}, ${history.faults.length} faults, ${verdict}`;
}

/** The largest of numbers, and 0 of none. */
export function largest(numbers: readonly number[]): number {
  return numbers.reduce((max, number) => Math.max(max, number), 0);
}
