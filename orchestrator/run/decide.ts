import type { LeaseStanding } from '../claim/lease.ts';

/**
 * The states of a run on disk, each with the states that can follow it. A state is written when it is reached, before
 * the next step begins. Only the file of a `closed` run is ever deleted, and only after its worktree, lock and
 * processes are gone.
 */
export const runStates = {
  /** The daemon has claimed the task. Nothing else was done. */
  claimed: ['building', 'built', 'landed', 'releasing', 'closed'],
  /** A worktree may exist, and an agent may work in it. */
  building: ['building', 'built', 'landed', 'releasing', 'closed'],
  /** The agent is finished and all its work is committed on the task's branch. */
  built: ['building', 'verified', 'landed', 'releasing', 'closed'],
  /** A commit on the newest base has passed verification. It is not known whether it reached origin. */
  verified: ['building', 'built', 'landed', 'releasing', 'closed'],
  /** The work is on the base branch. The dispatcher does not know it yet. */
  landed: ['closed'],
  /** The task goes back to the dispatcher, with the reason in the file. */
  releasing: ['landed', 'closed'],
  /** The dispatcher knows the result, or the task is no longer ours. Only local files must be removed. */
  closed: [],
} as const;

/** The state of a run. */
export type RunState = keyof typeof runStates;

/** The facts from which the next step is decided. They are the same after a restart of the daemon. */
export interface RunFacts {
  readonly state: RunState;
  /** `build`: an agent makes the work. `merge`: the work is on origin's `task/<id>` already. */
  readonly stage: 'build' | 'merge';
  /** Whether this daemon merges finished work. Otherwise it hands the work over. */
  readonly merges: boolean;
  readonly lease: LeaseStanding;
  /** Whether unwatched processes of the run are left. */
  readonly processes: 'none' | 'left';
  /** Whether the base branch has a commit with the task's trailer. `unknown` when origin does not answer. */
  readonly landed: 'yes' | 'no' | 'unknown';
}

/** The next step. */
export type RunAction = 'kill' | 'wait' | 'build' | 'fetch' | 'integrate' | 'handOver' | 'release' | 'complete' | 'keep' | 'clean';

/**
 * Decides the next step of a run. It looks first at stray processes, then at what is finished, then at the claim, then
 * at the work itself.
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
