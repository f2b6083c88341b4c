import { setTimeout as sleep } from 'node:timers/promises';
import { now } from '../clock.ts';
import { databaseStart, newDatabaseAnswers } from './database-faults.ts';
import type { Outcome, Scene } from './scene.ts';

/** Restarts a process as an update does: it first finishes its requests in flight. */
export async function restartProcesses({ on }: Scene): Promise<Outcome> {
  await Promise.all(on.map((each) => each.stop()));
  const brokenUntil = now();
  await Promise.all(on.map((each) => each.start()));
  return { brokenUntil };
}

/** Kills a process with kill -9 and starts it after a while. */
export async function killProcesses({ on, random }: Scene): Promise<Outcome> {
  await Promise.all(on.map((each) => each.kill()));
  await sleep(random.integer(100, 1_500));
  const brokenUntil = now();
  await Promise.all(on.map((each) => each.start()));
  return { brokenUntil };
}

/** Kills everything at once with kill -9, including PostgreSQL. */
export async function killAll({ world, random }: Scene): Promise<Outcome> {
  const before = await databaseStart(world);
  await Promise.all([...world.processes.map((each) => each.kill()), world.killPostgres()]);
  await sleep(random.integer(0, 500));
  const brokenUntil = now();
  // This process starts a shared PostgreSQL again. A node starts its own PostgreSQL.
  if (world.setup === 'pair' || world.setup === 'services') await newDatabaseAnswers(world, before);
  await Promise.all(world.processes.map((each) => each.start()));
  return { brokenUntil, hit: world.processes };
}

/**
 * Sends SIGSTOP, and SIGCONT after a while. The pause is sometimes shorter and sometimes longer than the time after
 * which other processes give up on it.
 */
export async function stopProcesses({ on, random }: Scene): Promise<Outcome> {
  for (const each of on) each.pause();
  await sleep(random.integer(1_500, 4_500));
  const brokenUntil = now();
  for (const each of on) each.resume();
  return { brokenUntil };
}
