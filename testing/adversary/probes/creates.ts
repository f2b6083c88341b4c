import { besideVictim } from '../attack.ts';
import { startFlood } from '../flood.ts';
import type { Row } from '../probe.ts';
import type { Scene } from '../scene.ts';

/** Creates tasks with nearly as many requests in flight as one key may have. */
export async function creates(scene: Scene): Promise<Row[]> {
  using attacker = await scene.createCaller('attacker');
  const next = () => ({ method: 'POST', path: '/tasks', body: { title: 'One of many' } });
  return [await besideVictim(scene, '250 creates in flight', async () => startFlood({ client: attacker, inFlight: 250, next }))];
}
