import { besideVictim } from '../attack.ts';
import { type Shot, sendAll, startFlood } from '../flood.ts';
import type { Limit, Row } from '../probe.ts';
import type { Scene } from '../scene.ts';

const count = 200;

const createOf = (i: number): Shot => ({ method: 'POST', path: '/tasks', body: { id: `taken-${i}`, title: 'Taken' } });

/** Creates tasks with ids that are taken. Each is a 409, and must cost no more than a create. */
export async function duplicates(scene: Scene): Promise<Row[]> {
  using attacker = await scene.createCaller('attacker');
  const shots = Array.from({ length: count }, (_, i) => createOf(i));
  const created = await sendAll(attacker, 16, shots);
  const again = await sendAll(attacker, 16, shots);
  const begin = async () => startFlood({ client: attacker, inFlight: 64, next: (i) => createOf(i % count) });
  return [await besideVictim(scene, '64 duplicate creates in flight', begin, duplicateLimits(created, again))];
}

type Sent = Awaited<ReturnType<typeof sendAll>>;

function duplicateLimits(created: Sent, again: Sent): Limit[] {
  const all = (sent: Sent, status: number) => sent.answers.every((answer) => answer.status === status);
  return [
    { what: `${count} creates are 201, and 409 when they come again`, held: all(created, 201) && all(again, 409) },
    { what: `${count} duplicates take at most twice as long as ${count} creates`, held: again.ms <= 2 * created.ms, timed: true },
  ];
}
