import { startSweeper } from '@dispatcher/claim/sweeper.ts';
import { createLocalBus } from '@dispatcher/kit/bus/event-bus.ts';
import { createLog } from '@dispatcher/kit/telemetry/log.ts';
import { startRelay } from '@dispatcher/stats/relay.ts';
import { expect, test } from 'vitest';
import { within } from '../harness/patience.ts';
import { useClaims } from '../services/use-claims.ts';

/** Ends the task `a` as a process does that dies between the commit and what follows it. */
const endAndDie = `
WITH done AS (UPDATE tasks SET status = 'done', completed_at = clock_timestamp() WHERE id = 'a' RETURNING *),
event AS (INSERT INTO task_events (organization_id, task_id, type, attempt, title, status, stage, score)
  SELECT organization_id, id, 'task.completed', 1, title, status, stage, score FROM done RETURNING id)
INSERT INTO unpublished SELECT id FROM event`;

test('a task goes on when its dependency ended in a process that died before it could say so', async () => {
  await using claims = await useClaims();
  const tasks = claims.tasks('acme');
  await tasks.createTask({ id: 'a', title: 'A' });
  await tasks.createTask({ id: 'b', title: 'B', dependsOn: ['a'] });
  await claims.database.pool.query(endAndDie);
  const log = createLog('silent');
  await using bus = createLocalBus();
  await using _relay = startRelay(claims.database.pool, bus, log);
  await using _sweeper = startSweeper(claims.dependencies, log);
  const { data } = await within(25_000, claims.client('acme').claimNextTask({ agent: 'ann', waitSeconds: 30 }));
  expect(data?.task?.id).toBe('b');
  expect(await claims.events('b')).toEqual(['task.created', 'task.unblocked', 'task.claimed']);
});
