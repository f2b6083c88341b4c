import type { World } from '../environment/environment.ts';
import type { WorldProcess } from '../environment/node.ts';
import type { Link } from '../environment/services.ts';
import type { Random } from '../random.ts';

/** The input of a fault. */
export interface Scene {
  readonly world: World;
  readonly random: Random;
  /** The processes that the fault hits; empty when it hits no single process. */
  readonly on: readonly WorldProcess[];
  /** The network connection that fails, for a network fault. */
  readonly link: Link | null;
}

/** The result of a fault, once everything is up again. */
export interface Outcome {
  readonly brokenUntil: number;
  readonly hit?: readonly WorldProcess[];
  readonly recoveryMs?: number | null;
  readonly gaveUp?: boolean;
}
