import type { Dispatcher } from '../claim/dispatcher.ts';
import type { OrchestratorSettings } from '../config.ts';
import type { CleanClone } from '../git/clean-clone.ts';
import type { Git } from '../git/git.ts';
import type { Repository } from '../git/repository.ts';
import type { Log } from '../log/log.ts';
import type { Containment } from '../process/containment.ts';
import type { Status } from '../status/status.ts';
import type { BaseHealth } from '../verify/base-health.ts';
import type { Spares } from '../worktree/spares.ts';
import type { Trash } from '../worktree/trash.ts';
import type { Pause } from './pause.ts';
import type { StateFolder } from './state-folder.ts';

/** Time limits and numbers of tries. Tests make them short. */
export interface Timings {
  readonly leaseSeconds: number;
  readonly heartbeatMs: number;
  /** How long the dispatcher holds a request for work open. */
  readonly claimWaitSeconds: number;
  /** The wait between two requests for work, and between two tries to reach the dispatcher or origin. */
  readonly retryMs: number;
  /** The time between two looks for runs of daemons that have ended. */
  readonly adoptMs: number;
  /** When a failed task can be claimed again. It doubles with each attempt. */
  readonly firstRetryAfterSeconds: number;
  /** How long a daemon that gives its work back waits for origin. */
  readonly originPatienceMs: number;
  /** How often origin is tried, `retryMs` apart, before a run gives up. */
  readonly originTries: number;
  /** A batch that is not full waits this long for another candidate, again after each one. */
  readonly gatherMs: number;
  /** How often a merge is tried while the base moves. */
  readonly mergeTries: number;
  /** How long an agent's process may still run after it has given its result. */
  readonly afterResultMs: number;
  readonly pause: { readonly firstMs: number; readonly longestMs: number };
  /** With less free space than this, nothing new begins. */
  readonly minimumFreeBytes: number;
}

/** The timings in normal use. */
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
  /** The id of this process; no other daemon has it at any time. */
  readonly daemonId: string;
  readonly settings: OrchestratorSettings;
  readonly timings: Timings;
  readonly git: Git;
  readonly repository: Repository;
  readonly clone: CleanClone;
  readonly state: StateFolder;
  /** Worktrees that are checked out ahead. */
  readonly spares: Spares;
  /** Deletes worktrees in the background. */
  readonly trash: Trash;
  readonly dispatcher: Dispatcher;
  readonly contain: Containment;
  /** The pause while agents cannot work. The runs in hand keep their claims. */
  readonly pause: Pause;
  /** The pause after a run was given back because of this machine or origin. */
  readonly surroundings: Pause;
  /** Whether the base passes its own verification. */
  readonly base: BaseHealth;
  readonly status: Status;
  readonly log: Log;
}
