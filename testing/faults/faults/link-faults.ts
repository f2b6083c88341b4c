import { setTimeout as sleep } from 'node:timers/promises';
import type { TcpProxy } from '../../topology/tcp-proxy.ts';
import { now } from '../clock.ts';
import type { Outcome, Scene } from './scene.ts';

/** A network fault needs a network: a plan without one is no plan. */
function proxyOf({ link }: Scene): TcpProxy {
  if (!link) throw new Error('No link was named that shall fail.');
  return link.proxy;
}

/** Every connection over one way breaks; it can be made again at once. */
export async function cutLink(scene: Scene): Promise<Outcome> {
  proxyOf(scene).cut();
  return { brokenUntil: now() };
}

/** Nothing passes for a while, as over a network that drops packets; then all of it, or the connections break. */
export async function stallLink(scene: Scene): Promise<Outcome> {
  const proxy = proxyOf(scene);
  proxy.stall();
  await sleep(scene.random.integer(500, 5_000));
  const brokenUntil = now();
  proxy.resume();
  return { brokenUntil };
}

/** Requests arrive, and no answer comes back. */
export async function swallowAnswers(scene: Scene): Promise<Outcome> {
  const proxy = proxyOf(scene);
  proxy.swallowAnswers();
  await sleep(scene.random.integer(500, 3_000));
  const brokenUntil = now();
  // A stream with a hole in it is no stream.
  proxy.cut();
  proxy.resume();
  return { brokenUntil };
}
