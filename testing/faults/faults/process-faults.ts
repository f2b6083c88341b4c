import { setTimeout as sleep } from 'node:timers/promises';
import { now } from '../clock.ts';
import { databaseStart, newDatabaseAnswers } from './database-faults.ts';
import type { Outcome, Scene } from './scene.ts';

/** As an update does it: what is in flight is finished first. */
export async function restartProcesses({ on }: Scene): Promise<Outcome> {
  await Promise.all(on.map((each) => each.stop()));
  const brokenUntil = now();
  await Promise.all(on.map((each) => each.start()));
  return { brokenUntil };
}

/** kill -9, and a start after a while. */
export async function killProcesses({ on, random }: Scene): Promise<Outcome> {
  await Promise.all(on.map((each) => each.kill()));
  await sleep(random.integer(100, 1_500));
  const brokenUntil = now();
  await Promise.all(on.map((each) => each.start()));
  return { brokenUntil };
}

/** kill -9 of everything at once, PostgreSQL among it. */
export async function killAll({ world, random }: Scene): Promise<Outcome> {
  const before = await databaseStart(world);
  await Promise.all([...world.processes.map((each) => each.kill()), world.killPostgres()]);
  await sleep(random.integer(0, 500));
  const brokenUntil = now();
  // A shared PostgreSQL is started again by this process; a node's own comes with the node.
  if (world.setup === 'pair' || world.setup === 'services') await newDatabaseAnswers(world, before);
  await Promise.all(world.processes.map((each) => each.start()));
  return { brokenUntil, hit: world.processes };
}

/** SIGSTOP, and SIGCONT after a while: shorter or longer than others wait for a sign of life. */
export async function stopProcesses({ on, random }: Scene): Promise<Outcome> {
  for (const each of on) each.pause();
  await sleep(random.integer(1_500, 4_500));
  const brokenUntil = now();
  for (const each of on) each.resume();
  return { brokenUntil };
}
