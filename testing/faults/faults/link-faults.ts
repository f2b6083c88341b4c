import { setTimeout as sleep } from 'node:timers/promises';
import type { TcpProxy } from '../../topology/tcp-proxy.ts';
import { now } from '../clock.ts';
import type { Outcome, Scene } from './scene.ts';

/** The connection of a network fault. A plan without one is wrong. */
function proxyOf({ link }: Scene): TcpProxy {
  if (!link) throw new Error('The plan names no link for this network fault.');
  return link.proxy;
}

/** Breaks every connection of one link. New connections can be made at once. */
export async function cutLink(scene: Scene): Promise<Outcome> {
  proxyOf(scene).cut();
  return { brokenUntil: now() };
}

/**
 * Passes nothing on for a while, like a network that drops packets. Then everything arrives, or the connections break.
 */
export async function stallLink(scene: Scene): Promise<Outcome> {
  const proxy = proxyOf(scene);
  proxy.stall();
  await sleep(scene.random.integer(500, 5_000));
  const brokenUntil = now();
  proxy.resume();
  return { brokenUntil };
}

/** Requests arrive, but no answer comes back. */
export async function swallowAnswers(scene: Scene): Promise<Outcome> {
  const proxy = proxyOf(scene);
  proxy.swallowAnswers();
  await sleep(scene.random.integer(500, 3_000));
  const brokenUntil = now();
  // Bytes of the stream are lost, so its connections cannot go on.
  proxy.cut();
  proxy.resume();
  return { brokenUntil };
}
