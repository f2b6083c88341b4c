import type { Scene } from './scene.ts';

/** How the victim fared, over the time of one measurement. */
export interface Figures {
  /** Requests that got an answer. */
  readonly answered: number;
  /** Requests that were refused, or that got no answer. */
  readonly refused: number;
  /** The median time of an answer, in milliseconds. */
  readonly p50Ms: number;
}

/** Something that must hold while the attack lasts. */
export interface Limit {
  readonly what: string;
  readonly held: boolean;
  /** It compares times, so it means nothing on a busy machine. */
  readonly timed?: boolean;
}

/** What came of one attack: one row of the table. */
export interface Row {
  readonly attack: string;
  readonly alone: Figures;
  readonly beside: Figures;
  /** How many requests or connections of the attacker were refused. */
  readonly refused: number;
  /** How much more memory the processes of Dispatcher had at most, in MiB. */
  readonly memoryMiB: number;
  readonly limits: readonly Limit[];
}

/** Attacks a running dispatcher, and tells what came of it. */
export type Probe = (scene: Scene) => Promise<Row[]>;
