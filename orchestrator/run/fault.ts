/** The cause of a run that cannot go on. */
export type Fault = keyof typeof faults;

/** The consequences of a fault. */
interface Consequence {
  /** Whether the claim counts as a failed attempt. After too many the dispatcher holds the task. */
  readonly spendsAttempt: boolean;
  /** Whether the whole daemon pauses, because every other task would fail the same way. */
  readonly pauses: boolean;
}

/** The table of faults. Every run that does not end with done has one of them. */
export const faults = {
  /** The agent or its work: it failed, took too long, changed nothing, or fails verification on a base that passes. */
  work: { spendsAttempt: true, pauses: false },
  /** The model refuses the key, has no quota left, or does not answer. */
  model: { spendsAttempt: false, pauses: true },
  /** The agent cannot be started, several tasks in a row end at once in the same way, or the machine is out of room. */
  machine: { spendsAttempt: false, pauses: true },
  /** Set-up or verification of the base itself fails. */
  base: { spendsAttempt: false, pauses: true },
  /** Origin cannot be read or written. */
  origin: { spendsAttempt: false, pauses: true },
  /** Others move the base faster than this daemon verifies. */
  race: { spendsAttempt: false, pauses: false },
  /**
   * A step of the daemon failed for an unknown reason. It counts as a failed attempt, so that a task that breaks the
   * daemon is held in the end.
   */
  daemon: { spendsAttempt: true, pauses: false },
  /** A person stopped the daemon or took the task. */
  person: { spendsAttempt: false, pauses: false },
} as const satisfies Record<string, Consequence>;
