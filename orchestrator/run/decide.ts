import type { LeaseStanding } from '../claim/lease.ts';

/**
 * The states a run has on disk. Each is written when what it names has happened, before the next step begins, and
 * stands here with what it can be followed by. Only a `closed` run's file is ever deleted, and only after its
 * worktree, lock and processes are gone.
 */
export const runStates = {
  /** The dispatcher gave us the task; nothing has been done yet. */
  claimed: ['building', 'built', 'landed', 'releasing', 'closed'],
  /** A worktree may exist and an agent may be at work in it. */
  building: ['building', 'built', 'landed', 'releasing', 'closed'],
  /** The agent is finished and all its work is committed on the task's branch. */
  built: ['building', 'verified', 'landed', 'releasing', 'closed'],
  /** A commit on the newest base passed; whether it reached origin is not known yet. */
  verified: ['building', 'built', 'landed', 'releasing', 'closed'],
  /** The work is on the base branch; the dispatcher does not know yet. */
  landed: ['closed'],
  /** The task goes back to the dispatcher, with the reason that stands in the file. */
  releasing: ['landed', 'closed'],
  /** The dispatcher knows how it ended, or the task is no longer ours; only our own traces are left. */
  closed: [],
} as const;

/** Where a run stands. */
export type RunState = keyof typeof runStates;

/**
 * What is known at the moment a run must go on, whether its daemon has just come back or has been there all the time.
 */
export interface RunFacts {
  readonly state: RunState;
  /** `build`: an agent makes the work; `merge`: it is on origin's `task/<id>` already. */
  readonly stage: 'build' | 'merge';
  /** Whether this daemon merges, or hands finished work over. */
  readonly merges: boolean;
  readonly lease: LeaseStanding;
  /** Whether processes of the run are left that nobody watches. */
  readonly processes: 'none' | 'left';
  /** Whether the base branch holds a commit with the task's trailer; `unknown` when origin does not answer. */
  readonly landed: 'yes' | 'no' | 'unknown';
}

/** What comes next. */
export type RunAction = 'kill' | 'wait' | 'build' | 'fetch' | 'integrate' | 'handOver' | 'release' | 'complete' | 'keep' | 'clean';

/**
 * The one decision: what comes next for a run. First stray processes, then what is finished, then whose the task is,
 * then the work itself.
 */
export function decide(facts: RunFacts): RunAction {
  if (facts.processes === 'left') return 'kill';
  if (facts.state === 'closed') return 'clean';
  if (facts.lease === 'away') return 'wait';
  if (facts.lease !== 'held') return 'keep';
  if (facts.state === 'landed' || facts.landed === 'yes') return 'complete';
  if (facts.state === 'releasing') return 'release';
  if (facts.landed === 'unknown') return 'wait';
  if (facts.state === 'built' || facts.state === 'verified') return facts.merges || facts.stage === 'merge' ? 'integrate' : 'handOver';
  return facts.stage === 'merge' ? 'fetch' : 'build';
}
