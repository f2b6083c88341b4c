import { createApiKey } from '@dispatcher/kit/auth/api-key.ts';
import { besideVictim } from '../attack.ts';
import { startFlood } from '../flood.ts';
import type { Row } from '../probe.ts';
import type { Scene } from '../scene.ts';
import { createTaskClient } from '../task-client.ts';

/** Sends made-up keys with a valid checksum, so that only the database knows that they do not exist. */
export async function unknownKeys(scene: Scene): Promise<Row[]> {
  using stranger = createTaskClient(scene.url, null);
  const statuses = new Set<number>();
  const row = await besideVictim(scene, '300 callers with made-up keys', async () =>
    startFlood({
      client: stranger,
      inFlight: 300,
      next: () => ({ method: 'GET', path: '/tasks', headers: { authorization: `Bearer ${createApiKey()}` } }),
      onAnswer: ({ status }) => void statuses.add(status),
    }),
  );
  const isRefused = [...statuses].every((status) => status === 401 || status === 429 || status === 503);
  return [{ ...row, limits: [...row.limits, { what: 'every key is refused, and most without a look-up', held: isRefused && statuses.has(429) }] }];
}
