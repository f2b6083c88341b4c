import { now } from '../clock.ts';
import type { FaultName, FaultRecord } from '../history.ts';
import { commitLate, fillDisk, killDatabase, useUpLog } from './database-faults.ts';
import { cutLink, stallLink, swallowAnswers } from './link-faults.ts';
import { wipeNats } from './nats-faults.ts';
import { killAll, killProcesses, restartProcesses, stopProcesses } from './process-faults.ts';
import type { Outcome, Scene } from './scene.ts';

/** Makes one fault happen. Returns when everything is up again. */
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
