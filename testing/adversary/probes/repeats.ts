import { besideVictim } from '../attack.ts';
import { startFlood } from '../flood.ts';
import type { Row } from '../probe.ts';
import type { Scene } from '../scene.ts';

/**
 * Repeats one claim-next with one Idempotency-Key. All repeats get the same claim, and only one waits in the database.
 */
export async function repeats(scene: Scene): Promise<Row[]> {
  using attacker = await scene.createCaller('attacker');
  await attacker.send('POST', '/tasks', { body: { title: 'Wanted' } });
  const tokens = new Set<string>();
  const row = await besideVictim(scene, '64 repeats of one claim-next in flight', async () =>
    startFlood({
      client: attacker,
      inFlight: 64,
      next: () => ({ method: 'POST', path: '/tasks/claim-next', body: { agent: 'attacker' }, headers: { 'idempotency-key': 'one' } }),
      onAnswer: ({ status, body }) => void (status === 200 && tokens.add(tokenIn(body))),
    }),
  );
  return [{ ...row, limits: [...row.limits, { what: 'every repeat gets the same claim', held: tokens.size === 1 }] }];
}

function tokenIn(body: string): string {
  return (JSON.parse(body) as { data: { claim: { claim_token: string } } }).data.claim.claim_token;
}
