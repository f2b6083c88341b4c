import { setTimeout as delay } from 'node:timers/promises';
import { killTree } from '../process/kill-tree.ts';
import { isRunning, sendSignal } from '../process/process-identity.ts';
import { duration } from '../status/status-lines.ts';
import { lockSwarm } from './lock-swarm.ts';
import type { Say } from './start.ts';
import type { SwarmFolder } from './swarm-folder.ts';
import { readMember, readMembers, removeMember, type SwarmMember } from './swarm-member.ts';

/** Which members to stop, and how. */
export interface StopOptions {
  /** The members to stop; an empty list means all. */
  readonly names: readonly string[];
  /** How long members may finish their work before it is given back. */
  readonly drainMs: number;
  /** Ends the waiting. The members still finish what they have. */
  readonly signal: AbortSignal;
}

/** The stop did not succeed. The message says why. */
export class SwarmStopError extends Error {
  override readonly name = 'SwarmStopError';
}

/** How long giving work back may take: it is pushed, and the dispatcher is told. */
const giveBackMs = 60_000;

/**
 * Stops members: lets them finish, then makes them give back, then kills them. Throws a `SwarmStopError` when a member
 * cannot be killed, or a name is unknown.
 */
export async function stopSwarm(folder: SwarmFolder, options: StopOptions, say: Say): Promise<void> {
  const members = await signalMembers(folder, options, say);
  const stopped = await Promise.all(members.map((member) => endMember(folder, member, options, say)));
  await using _lock = await lockSwarm(folder, say);
  for (const [index, member] of members.entries()) if (stopped[index]) await removeMember(folder, member);
  if (stopped.includes(false)) throw new SwarmStopError('Some processes could not be killed.');
  say(members.length === 0 ? 'No member runs.' : (await readMembers(folder)).length === 0 ? 'The swarm is stopped.' : 'Stopped.');
}

/** Signals the members. It waits for a start that is at work, so that a member that is just starting is stopped too. */
async function signalMembers(folder: SwarmFolder, { names, drainMs, signal }: StopOptions, say: Say): Promise<SwarmMember[]> {
  await using _lock = await lockSwarm(folder, say, signal);
  const all = await readMembers(folder);
  const unknown = names.filter((name) => all.every((member) => member.name !== name));
  if (unknown.length > 0)
    throw new SwarmStopError(`No member has the name ${unknown.join(', ')}. The members are: ${all.map(({ name }) => name).join(', ') || 'none'}.`);
  const members = names.length === 0 ? all : all.filter(({ name }) => names.includes(name));
  for (const { identity } of members) await sendSignal(identity, drainMs === 0 ? 'SIGINT' : 'SIGTERM');
  return members;
}

/** Answers when the member has ended; false when it cannot be killed. */
async function endMember(folder: SwarmFolder, member: SwarmMember, { drainMs, signal }: StopOptions, say: Say): Promise<boolean> {
  const { name, identity, isAlive } = member;
  if (!isAlive) {
    say(`${name} had already died (pid ${identity.pid}); the next start finishes what it left`);
    return true;
  }
  if (drainMs > 0) {
    if (await endsWithin(folder, member, { limitMs: drainMs, signal }, say)) return true;
    say(`${name} is not done after ${duration(drainMs / 1_000)}; its work is given back`);
    await sendSignal(identity, 'SIGINT');
  }
  if (await endsWithin(folder, member, { limitMs: giveBackMs, signal }, say)) return true;
  say(`${name} does not end and is killed; the next start finishes what it leaves`);
  return await killTree(identity);
}

/** Waits for the member's end, and prints what it still works on whenever that changes. */
async function endsWithin(folder: SwarmFolder, member: SwarmMember, { limitMs, signal }: { limitMs: number; signal: AbortSignal }, say: Say) {
  const { name, identity } = member;
  const end = performance.now() + limitMs;
  let said = '';
  while (performance.now() < end) {
    signal.throwIfAborted();
    if (!(await isRunning(identity))) {
      say(`${name} has ended`);
      return true;
    }
    const waitsFor = await workOf(folder, member);
    if (waitsFor !== said && waitsFor !== '') say(`${name} still has ${waitsFor}`);
    said = waitsFor;
    await delay(200, undefined, { signal });
  }
  return false;
}

async function workOf(folder: SwarmFolder, { name, identity }: SwarmMember): Promise<string> {
  const now = await readMember(folder, name);
  if (now === null || now.identity.pid !== identity.pid) return '';
  return now.report.runs.map(({ task, step }) => `${task} (${step})`).join(', ');
}
