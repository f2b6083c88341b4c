import { setTimeout as sleep } from 'node:timers/promises';
import type { TcpProxy } from '@dispatcher/processes/tcp-proxy.ts';
import { now } from '../clock.ts';
import type { Outcome, Scene } from './run-fault.ts';

function anyLink({ world, random }: Scene): TcpProxy {
  const link = random.maybePick(world.links);
  if (!link) throw new Error('This setup has no link that can fail.');
  return link;
}

/** Every connection over one way breaks; it can be made again at once. */
export async function cutLink(scene: Scene): Promise<Outcome> {
  anyLink(scene).cut();
  return { brokenUntil: now() };
}

/** Nothing passes for a while, as over a network that drops packets; then all of it, or the connections break. */
export async function stallLink(scene: Scene): Promise<Outcome> {
  const link = anyLink(scene);
  link.stall();
  await sleep(scene.random.integer(500, 6_000));
  const brokenUntil = now();
  link.resume();
  return { brokenUntil };
}

/** Requests arrive, and no answer comes back. */
export async function swallowAnswers(scene: Scene): Promise<Outcome> {
  const link = anyLink(scene);
  link.swallowAnswers();
  await sleep(scene.random.integer(500, 3_000));
  const brokenUntil = now();
  // A stream with a hole in it is no stream.
  link.cut();
  link.resume();
  return { brokenUntil };
}
