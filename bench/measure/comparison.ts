/** One setting in which ways are compared, such as a number of requests in flight. */
export interface Case {
  readonly name: string;
}

/**
 * What a way does and does not do. The report prints it next to the figures, because a way that does less is faster.
 */
export interface Traits {
  /** What is on disk when a call is answered. */
  readonly durable: string;
  /** What happens to work whose holder has died. */
  readonly lease: string;
  /** What is written besides the task itself. */
  readonly events: string;
  /** Who may call, and what is checked. */
  readonly auth: string;
}

/** One measurement of a way. */
export interface Sample {
  /** In the unit of the comparison. */
  readonly value: number;
  /** The number of operations behind the value. */
  readonly count: number;
  readonly p50Ms?: number;
  readonly p99Ms?: number;
  /** CPU time of each process, in microseconds per operation. Absent when the system does not report it. */
  readonly cpuMicros?: Readonly<Record<string, number>>;
}

/** One of the ways that a comparison measures. */
export interface Way<C extends Case> {
  readonly name: string;
  readonly traits?: Traits;
  /** Null when the way does not support this case. */
  measure(at: C): Promise<Sample | null>;
}

/** Asks the report to print one way as a part of another, for every case. */
export interface Ratio {
  readonly of: string;
  readonly to: string;
}

/**
 * The target for a figure, alone or as a part of another figure. When no way or no case is named, the worst of all is
 * judged.
 */
export interface Target {
  readonly way?: string;
  readonly at?: string;
  /**
   * The figure to divide by. When only one of the two is named, the other one is the same. When neither is named, the
   * figure itself is judged.
   */
  readonly toWay?: string;
  readonly toCase?: string;
  readonly figure?: 'value' | 'p99Ms';
  readonly atLeast?: number;
  readonly atMost?: number;
}

/** Ways that take turns in the same cases. */
export interface Comparison<C extends Case> {
  readonly title: string;
  /** What exactly is measured, for the reader of the report. */
  readonly about: string;
  readonly unit: string;
  readonly cases: readonly C[];
  readonly ways: readonly Way<C>[];
  readonly ratios?: readonly Ratio[];
  readonly targets?: readonly Target[];
  /** What is missing, and why. */
  readonly notes?: readonly string[];
}

/** A case of a throughput comparison. */
export interface InFlight extends Case {
  readonly inFlight: number;
}

/** The cases for these numbers in flight. */
export const inFlightCases = (numbers: readonly number[]): InFlight[] => numbers.map((inFlight) => ({ name: `${inFlight} in flight`, inFlight }));
