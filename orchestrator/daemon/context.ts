import type { Dispatcher } from '../claim/dispatcher.ts';
import type { OrchestratorSettings } from '../config.ts';
import type { CleanClone } from '../git/clean-clone.ts';
import type { Git } from '../git/git.ts';
import type { Repository } from '../git/repository.ts';
import type { Log } from '../log/log.ts';
import type { Containment } from '../process/containment.ts';
import type { Status } from '../status/status.ts';
import type { BaseHealth } from '../verify/base-health.ts';
import type { Pause } from './pause.ts';
import type { StateFolder } from './state-folder.ts';

/** How long things take and how often they are tried; tests make them short. */
export interface Timings {
  readonly leaseSeconds: number;
  readonly heartbeatMs: number;
  /** How long a request for work is held open. */
  readonly claimWaitSeconds: number;
  /** Between two requests for work that found none, and between two tries to reach somebody who is away. */
  readonly retryMs: number;
  /** How often a daemon looks for runs whose daemon is gone. */
  readonly adoptMs: number;
  /** The first pause after a failed run; it doubles with each attempt. */
  readonly firstRetryAfterSeconds: number;
  /** How long a daemon that gives its work back still waits for origin. */
  readonly originPatienceMs: number;
  /** How often origin is tried, `retryMs` apart, before a run gives up. */
  readonly originTries: number;
  /** As long as another candidate comes within this time, a batch that is not full waits for more. */
  readonly gatherMs: number;
  /** How often a merge is tried while others move the base. */
  readonly mergeTries: number;
  /** How long an agent's process may go on after it gave its result. */
  readonly afterResultMs: number;
  readonly pause: { readonly firstMs: number; readonly longestMs: number };
  /** Free space below which nothing new is begun. */
  readonly minimumFreeBytes: number;
}

/** The timings that the documentation names. */
export const defaultTimings: Timings = {
  leaseSeconds: 300,
  heartbeatMs: 60_000,
  claimWaitSeconds: 20,
  retryMs: 5_000,
  adoptMs: 10_000,
  firstRetryAfterSeconds: 60,
  originPatienceMs: 10_000,
  originTries: 120,
  gatherMs: 500,
  mergeTries: 5,
  afterResultMs: 30_000,
  pause: { firstMs: 60_000, longestMs: 30 * 60_000 },
  minimumFreeBytes: 512 * 1024 * 1024,
};

/** What all runs of one daemon share. */
export interface DaemonContext {
  /** Tells this process from any other that is or was. */
  readonly daemonId: string;
  readonly settings: OrchestratorSettings;
  readonly timings: Timings;
  readonly git: Git;
  readonly repository: Repository;
  readonly clone: CleanClone;
  readonly state: StateFolder;
  readonly dispatcher: Dispatcher;
  readonly contain: Containment;
  /** While agents cannot work. */
  readonly pause: Pause;
  /** Whether the base passes its own verification. */
  readonly base: BaseHealth;
  readonly status: Status;
  readonly log: Log;
}
