import { type Attack, besideVictim } from '../attack.ts';
import { sendAll, startFlood } from '../flood.ts';
import type { Row } from '../probe.ts';
import type { Scene } from '../scene.ts';
import { createTaskClient } from '../task-client.ts';

const largest = { description: 'd'.repeat(60_000), notes: 'n'.repeat(60_000) };

/** One organization does everything expensive at the same time, each with its own key. */
export async function worstNeighbor(scene: Scene): Promise<Row[]> {
  await using clients = new AsyncDisposableStack();
  const { organizationId } = clients.use(await scene.createCaller('attacker'));
  const withKey = async () => clients.use(createTaskClient(scene.url, await scene.createKey(organizationId)));
  const [reader, creator, repeater, waiter] = await Promise.all([withKey(), withKey(), withKey(), withKey()]);
  const large = Array.from({ length: 40 }, (_, i) => ({ method: 'POST', path: '/tasks', body: { id: `large-${i}`, title: 'Large', ...largest } }));
  await sendAll(reader, 8, large);
  const begin = async (): Promise<Attack> => {
    const floods = [
      startFlood({ client: reader, inFlight: 16, next: () => ({ method: 'GET', path: '/tasks?limit=200' }) }),
      startFlood({ client: creator, inFlight: 64, next: () => ({ method: 'POST', path: '/tasks', body: { title: 'One of many' } }) }),
      startFlood({ client: repeater, inFlight: 64, next: () => ({ method: 'POST', path: '/tasks', body: { id: 'large-1', title: 'Taken' } }) }),
      startFlood({
        client: waiter,
        inFlight: 200,
        next: () => ({ method: 'POST', path: '/tasks/claim-next', body: { agent: 'attacker', owner: 'nobody', wait_seconds: 20 } }),
      }),
    ];
    return { stop: async () => (await Promise.all(floods.map((flood) => flood.stop()))).reduce((sum, refused) => sum + refused) };
  };
  return [await besideVictim(scene, '16 lists of large tasks, 64 creates, 64 conflicts and 200 waiting claims in flight', begin)];
}
