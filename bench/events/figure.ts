/** A measured number, with the promised one. */
export interface Figure {
  readonly what: string;
  readonly measured: string;
  /** Empty when nothing is promised. */
  readonly promised: string;
  /** The number of measurements behind it, and what was measured. */
  readonly n: string;
}

/** The value below which this share of the numbers lies. */
export function quantile(numbers: readonly number[], share: number): number {
  const sorted = numbers.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}

/** Milliseconds as a text. */
export function inMs(milliseconds: number): string {
  return `${milliseconds < 10 ? milliseconds.toFixed(1) : milliseconds.toFixed(0)} ms`;
}
