import type { Run } from '../measure/sample.ts';

/** The work that each caller repeats. */
export type Work = 'claim and complete' | 'claim' | 'create' | 'heartbeat' | 'get';

/** One run of a driver. */
export interface Load {
  readonly work: Work;
  /** The number of simultaneous callers. Each makes one call after another. */
  readonly inFlight: number;
  readonly seconds: number;
  /** After this many calls the run ends, even before its time is over. */
  readonly mostCalls?: number;
  /** Calls per second of all callers together. When absent, they call as fast as they can. */
  readonly perSecond?: number;
  /** Each call claims in a random one of these organizations. */
  readonly organizations?: readonly string[];
  readonly owner?: string;
  /** The path to read, below `/api/v1/dispatcher`. */
  readonly path?: string;
}

/** The target that a driver connects to. */
export interface DriverTarget {
  /** The url of a database or a server, or `host:port`. */
  readonly at: string;
  readonly key?: string;
}

/** Makes one kind of load, in its own process. What it opened closes when the process ends. */
export interface Driver {
  /** Prepares this many tasks, or connects this many readers. */
  prepare?(count: number): Promise<void>;
  run(load: Load): Promise<Run>;
}

/** Starts a driver. */
export type OpenDriver = (target: DriverTarget) => Promise<Driver>;
