import { besideVictim } from '../attack.ts';
import { startFlood } from '../flood.ts';
import type { Row } from '../probe.ts';
import type { Scene } from '../scene.ts';

/** Hundreds of callers wait for tasks that they never get, and each new task wakes them all. */
export async function waitingClaims(scene: Scene): Promise<Row[]> {
  using attacker = await scene.createCaller('attacker');
  const wait = { method: 'POST', path: '/tasks/claim-next', body: { agent: 'attacker', owner: 'nobody', wait_seconds: 20 } };
  const create = { method: 'POST', path: '/tasks', body: { title: 'Wakes who waits', project: 'another' } };
  return [
    await besideVictim(scene, '500 waiting claims, and creates that wake them', async () => {
      const waiting = startFlood({ client: attacker, inFlight: 500, next: () => wait });
      const creating = startFlood({ client: attacker, inFlight: 2, next: () => create });
      return { stop: async () => (await waiting.stop()) + (await creating.stop()) };
    }),
  ];
}
