import type { Scene } from './scene.ts';

/** The results of the victim in one measurement. */
export interface Figures {
  /** The number of requests that were answered. */
  readonly answered: number;
  /** The number of requests that were refused, or that got no answer. */
  readonly refused: number;
  /** The median time of an answer, in milliseconds. */
  readonly p50Ms: number;
}

/** A condition that must hold during the attack. */
export interface Limit {
  readonly what: string;
  readonly held: boolean;
  /** The condition compares times, so it proves nothing on a busy machine. */
  readonly timed?: boolean;
}

/** The result of one attack: one row of the table. */
export interface Row {
  readonly attack: string;
  readonly alone: Figures;
  readonly beside: Figures;
  /** How many requests or connections of the attacker were refused. */
  readonly refused: number;
  /** The largest increase of the memory of Dispatcher's processes, in MiB. */
  readonly memoryMiB: number;
  readonly limits: readonly Limit[];
}

/** Attacks a running dispatcher, and answers the result. */
export type Probe = (scene: Scene) => Promise<Row[]>;
