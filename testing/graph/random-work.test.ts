import { startSweeper } from '@dispatcher/claim/sweeper.ts';
import { createLocalBus } from '@dispatcher/kit/bus/event-bus.ts';
import { DispatcherError } from '@dispatcher/kit/serving/errors.ts';
import { createLog } from '@dispatcher/kit/telemetry/log.ts';
import { startRelay } from '@dispatcher/stats/relay.ts';
import { expect, test } from 'vitest';
import { Random } from '../faults/random.ts';
import { type TestClaims, useClaims } from '../services/use-claims.ts';

const workers = 8;
const stepsEach = 60;
const taskCount = 40;

/** Refusals that a caller of a busy graph meets; anything else is a fault. */
const expected: ReadonlySet<string> = new Set([
  'already_claimed',
  'already_done',
  'archived',
  'blocked',
  'claim_lost',
  'concurrency_limit',
  'dependency_cycle',
  'not_claimed',
]);

/** One random call of the many that change a graph. */
function randomStep(claims: TestClaims, random: Random, ids: readonly string[], agent: string): Promise<unknown> {
  const client = claims.client('acme');
  const tasks = claims.tasks('acme');
  const taskId = random.maybePick(ids) ?? '';
  const more = () =>
    tasks
      .getTask({ taskId })
      .then(({ data }) => [...(data?.dependsOn ?? []), random.maybePick(ids) ?? ''].filter((id, i, all) => all.indexOf(id) === i));
  const steps = [
    () => client.claimNextTask({ agent }),
    () => client.claimNextTask({ agent }),
    () => client.claimTask({ taskId, agent }),
    () => client.completeTask({ taskId }),
    () => client.completeTask({ taskId }),
    () => client.releaseTask({ taskId, releaseReason: 'not_started' }),
    () => (random.chance(0.1) ? client.archiveTask({ taskId }) : Promise.resolve()),
    () => tasks.updateTask({ taskId, held: random.chance(0.5) }),
    async () => tasks.updateTask({ taskId, dependsOn: (await more()).slice(0, 64) }),
    () => tasks.updateTask({ taskId, concurrencyKey: random.pick(['k', 'l', 'm']) }),
  ];
  return random.maybePick(steps)?.() ?? Promise.resolve();
}

async function work(claims: TestClaims, random: Random, ids: readonly string[], agent: string): Promise<void> {
  for (let step = 0; step < stepsEach; step += 1) {
    await randomStep(claims, random, ids, agent).catch((thrown: unknown) => {
      if (!(thrown instanceof DispatcherError) || !expected.has(thrown.reason)) throw thrown;
    });
  }
}

/** Claims that came before the end of a task that the claimed one had waited for since its creation. */
const earlyClaimsSql = `
SELECT c.task_id, first.id AS depends_on FROM task_events c
CROSS JOIN LATERAL (SELECT depends_on_id AS id FROM first_edges WHERE task_id = c.task_id) AS first
WHERE c.type = 'task.claimed' AND NOT EXISTS (
  SELECT FROM task_events e WHERE e.organization_id = c.organization_id AND e.task_id = first.id
    AND e.type IN ('task.completed', 'task.archived') AND e.id < c.id)`;

/** Tasks whose `blocked_by` is not what of their dependencies is open. */
const staleSql = `
SELECT t.id FROM tasks t WHERE t.blocked_by IS DISTINCT FROM ARRAY(
  SELECT d.id FROM unnest(t.depends_on) WITH ORDINALITY AS d (id, place) JOIN tasks o ON o.organization_id = t.organization_id AND o.id = d.id
  WHERE o.completed_at IS NULL AND o.archived_at IS NULL ORDER BY d.place)`;

test('under random changes by many at once no task is claimed before what it waits for has ended, and none is forgotten', async () => {
  const seed = Date.now() % 1_000_000;
  const random = new Random(seed);
  await using claims = await useClaims();
  const { pool } = claims.database;
  const ids = Array.from({ length: taskCount }, (_, i) => `t${i}`);
  for (const [i, id] of ids.entries()) {
    const dependsOn = ids.slice(0, i).filter(() => random.chance(2 / (i + 1)));
    await claims.tasks('acme').createTask({ id, title: id, dependsOn });
  }
  // Dependencies are only added from here on, so these hold throughout.
  await pool.query('CREATE TABLE first_edges AS SELECT task_id, depends_on_id FROM task_dependencies');
  await Promise.all(Array.from({ length: workers }, (_, i) => work(claims, random.fork(`agent ${i}`), ids, `agent-${i}`)));
  expect((await pool.query(earlyClaimsSql)).rows, `seed ${seed}`).toEqual([]);
  const log = createLog('silent');
  await using bus = createLocalBus();
  await using _relay = startRelay(pool, bus, log);
  await using _sweeper = startSweeper(claims.dependencies, log);
  await expect.poll(async () => (await pool.query(staleSql)).rows, { timeout: 30_000, message: `seed ${seed}` }).toEqual([]);
  const { rows } = await pool.query<{ type: string; count: number }>('SELECT type, count(*)::integer AS count FROM task_events GROUP BY type');
  const counts = new Map(rows.map(({ type, count }) => [type, count]));
  for (const type of ['task.claimed', 'task.completed', 'task.unblocked']) expect(counts.get(type), `${type}, seed ${seed}`).toBeGreaterThan(0);
});
