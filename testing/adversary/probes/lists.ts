import { besideVictim, memoryWithin } from '../attack.ts';
import { sendAll, startFlood } from '../flood.ts';
import type { Row } from '../probe.ts';
import type { Scene } from '../scene.ts';

const largest = { description: 'd'.repeat(60_000), notes: 'n'.repeat(60_000) };

/** Reads the largest possible pages of tasks. */
export async function lists(scene: Scene): Promise<Row[]> {
  using attacker = await scene.createCaller('attacker');
  const created = Array.from({ length: 100 }, (_, i) => ({ method: 'POST', path: '/tasks', body: { title: `Large ${i}`, ...largest } }));
  await sendAll(attacker, 8, created);
  const next = () => ({ method: 'GET', path: '/tasks?limit=200' });
  const rows: Row[] = [];
  for (const inFlight of [16, 256]) {
    const begin = async () => startFlood({ client: attacker, inFlight, next });
    rows.push(memoryWithin(await besideVictim(scene, `${inFlight} lists of large tasks in flight`, begin), 500));
  }
  return rows;
}
