import { setTimeout as sleep } from 'node:timers/promises';
import { startWorld } from '@dispatcher/testing/faults/environment/environment.ts';
import { waitUntil } from '@dispatcher/testing/faults/wait-until.ts';
import { createAcme } from './call.ts';
import type { Figure } from './figure.ts';

const eventCount = 100_000;

/** How fast a relay processes a backlog, including positions, counts and publishing to NATS. */
export async function measureRelay(): Promise<Figure[]> {
  await using world = await startWorld('alone-nats');
  await createAcme(world);
  await sleep(2_000);
  await world.db.query(backlogSql, [eventCount]);
  const ms = await waitUntil(120_000, async () => {
    const [row] = await world.db.query<{ published: string }>('SELECT published_position AS published FROM relay_state');
    return Number(row?.published) >= eventCount;
  });
  const rate = ms === null ? 'not done in 120 s' : `${((eventCount / ms) * 1000).toFixed(0)} events/s`;
  return [
    {
      what: 'A backlog through the relay, published to NATS and confirmed',
      measured: rate,
      promised: 'at least 10,000 events/s',
      n: `${eventCount} events of 100 organizations`,
    },
  ];
}

const backlogSql = `
WITH event AS (
  INSERT INTO task_events (organization_id, task_id, type, attempt, title, status, stage, owner, layer, milestone, score)
  SELECT 'org-' || n % 100, 'task-' || n, 'task.created', 0, 'One of a large backlog', 'pending', 'build', 'owner-' || n % 7, 'core', 'v1', 5.5
  FROM generate_series(1, $1::integer) AS n RETURNING id
)
INSERT INTO unpublished (event_id) SELECT id FROM event`;
