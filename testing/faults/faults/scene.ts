import type { World } from '../environment/environment.ts';
import type { WorldProcess } from '../environment/node.ts';
import type { Link } from '../environment/services.ts';
import type { Random } from '../random.ts';

/** What a fault needs. */
export interface Scene {
  readonly world: World;
  readonly random: Random;
  /** The processes that it hits, where it hits any alone. */
  readonly on: readonly WorldProcess[];
  /** The way that fails, where it is one. */
  readonly link: Link | null;
}

/** What a fault says of itself when all is up again. */
export interface Outcome {
  readonly brokenUntil: number;
  readonly hit?: readonly WorldProcess[];
  readonly recoveryMs?: number | null;
  readonly gaveUp?: boolean;
}
