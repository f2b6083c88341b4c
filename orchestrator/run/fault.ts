/** Whose fault it is that a run does not go on. */
export type Fault = keyof typeof faults;

/** What follows from a fault. */
interface Consequence {
  /** Whether the claim counts as a failed attempt; after too many the dispatcher holds the task. */
  readonly spendsAttempt: boolean;
  /** Whether the whole daemon pauses and the run keeps its claim, since every other task would end the same way. */
  readonly pauses: boolean;
}

/** The one table: each way in which a run ends that is not done has one of these. */
export const faults = {
  /** The agent or what it made: it failed, took too long, changed nothing, or does not verify on a base that does. */
  work: { spendsAttempt: true, pauses: false },
  /** The model refused the key, has no quota left, or does not answer. */
  model: { spendsAttempt: false, pauses: true },
  /** The agent cannot be started, or several tasks in a row end at once in the same way. */
  machine: { spendsAttempt: false, pauses: true },
  /** Set-up or verification of the base itself fails. */
  base: { spendsAttempt: false, pauses: true },
  /** Origin cannot be read or written. */
  origin: { spendsAttempt: false, pauses: false },
  /**
   * A step of the daemon's own failed, and nobody can say why. It counts, so that a task which breaks the daemon is
   * held in the end.
   */
  daemon: { spendsAttempt: true, pauses: false },
  /** Somebody stopped the daemon or took the task. */
  person: { spendsAttempt: false, pauses: false },
} as const satisfies Record<string, Consequence>;
