import { setTimeout as sleep } from 'node:timers/promises';
import { now } from '../clock.ts';
import type { Outcome, Scene } from './scene.ts';

/** Kills NATS and starts it again with empty storage. */
export async function wipeNats({ world: { nats }, random }: Scene): Promise<Outcome> {
  await nats?.stop();
  await sleep(random.integer(1_000, 3_000));
  const brokenUntil = now();
  await nats?.startEmpty();
  // Clients try to reconnect every half to whole second.
  await sleep(1_200);
  return { brokenUntil };
}
