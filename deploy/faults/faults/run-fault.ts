import { now } from '../clock.ts';
import type { FaultName, FaultRecord } from '../history.ts';
import type { Random } from '../random.ts';
import type { WorldProcess } from '../world/node.ts';
import type { Link } from '../world/services.ts';
import type { World } from '../world/world.ts';
import { commitLate, fillDisk, killDatabase, useUpLog } from './database-faults.ts';
import { cutLink, stallLink, swallowAnswers } from './link-faults.ts';
import { wipeNats } from './nats-faults.ts';
import { killAll, killProcesses, restartProcesses, stopProcesses } from './process-faults.ts';

/** What a fault works with. */
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

/** Lets one fault happen, and returns when all is up again. */
export async function runFault(name: FaultName, scene: Scene): Promise<FaultRecord> {
  const from = now();
  const { brokenUntil, hit = scene.on, recoveryMs = null, gaveUp = false } = await actions[name](scene);
  return { name, link: scene.link?.between ?? null, from, brokenUntil, to: now(), hit: hit.map((each) => each.name), recoveryMs, gaveUp };
}

const actions: Record<FaultName, (scene: Scene) => Promise<Outcome>> = {
  restarted: restartProcesses,
  killed: killProcesses,
  'all-killed': killAll,
  stopped: stopProcesses,
  'nats-wiped': wipeNats,
  'postgres-killed': killDatabase,
  'disk-full': fillDisk,
  'log-full': useUpLog,
  'late-commit': commitLate,
  'link-cut': cutLink,
  'link-stalled': stallLink,
  'answers-swallowed': swallowAnswers,
};
