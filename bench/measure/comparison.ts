/** One setting in which ways are compared, such as a number of requests in flight. */
export interface Case {
  readonly name: string;
}

/** What a way does and does not do. It is printed beside the figures, since a way that does less is faster. */
export interface Traits {
  /** What is on disk when a call is answered. */
  readonly durable: string;
  /** What happens to work whose holder has died. */
  readonly lease: string;
  /** What is written beside the task itself. */
  readonly events: string;
  /** Who may call, and what is checked. */
  readonly auth: string;
}

/** One measurement of a way. */
export interface Sample {
  /** In the unit of the comparison. */
  readonly value: number;
  /** Operations that the value comes from. */
  readonly count: number;
  readonly p50Ms?: number;
  readonly p99Ms?: number;
  /** CPU time of each process, in microseconds an operation. Absent where the system does not tell it. */
  readonly cpuMicros?: Readonly<Record<string, number>>;
}

/** One of the ways that a comparison measures. */
export interface Way<C extends Case> {
  readonly name: string;
  readonly traits?: Traits;
  /** Null where the way cannot do this case. */
  measure(at: C): Promise<Sample | null>;
}

/** Print what one way is of another, for every case. */
export interface Ratio {
  readonly of: string;
  readonly to: string;
}

/**
 * What a figure should be, alone or as part of another one. Where no way or no case is named, the worst of all is
 * judged.
 */
export interface Target {
  readonly way?: string;
  readonly at?: string;
  /**
   * What the figure is divided by: where only one is named, the other is the same. Where neither is, the figure
   * itself is judged.
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
