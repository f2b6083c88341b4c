import type { Run } from '../measure/sample.ts';

/** What each caller does again and again. */
export type Work = 'claim and complete' | 'claim' | 'create' | 'heartbeat' | 'get';

/** One run of a driver. */
export interface Load {
  readonly work: Work;
  /** Callers that call at once, each one call after the other. */
  readonly inFlight: number;
  readonly seconds: number;
  /** Ends the run earlier. */
  readonly mostCalls?: number;
  /** Calls of all callers together; as fast as they can when absent. */
  readonly perSecond?: number;
  /** Where tasks are claimed: a random one of these for each call. */
  readonly organizations?: readonly string[];
  readonly owner?: string;
  /** What is read, below `/api/v1/dispatcher`. */
  readonly path?: string;
}

/** Where a driver connects to. */
export interface DriverTarget {
  /** The url of a database or a server, or `host:port`. */
  readonly at: string;
  readonly key?: string;
}

/** Makes load of one kind, in a process of its own. What it has opened ends with the process. */
export interface Driver {
  /** Gets so many tasks ready, or connects so many readers. */
  prepare?(count: number): Promise<void>;
  run(load: Load): Promise<Run>;
}

/** Starts a driver. */
export type OpenDriver = (target: DriverTarget) => Promise<Driver>;
