import { rebuildCounts } from '@dispatcher/stats/sql/rebuild-counts.ts';
import { startWorld, type World } from '@dispatcher/testing/faults/environment/environment.ts';
import { sendRequest } from '@dispatcher/testing/faults/load/send-request.ts';
import { createAcme } from './call.ts';
import { type Figure, inMs, quantile } from './figure.ts';

const many = 1_000_000;
const looks = 400;

/** The cost of `/stats` with ten tasks, and with a million tasks in a hundred organizations. */
export async function measureStats(): Promise<Figure[]> {
  await using world = await startWorld('alone');
  await createAcme(world);
  await insertTasks(world, 1, 10);
  await statsTimes(world);
  const few = quantile(await statsTimes(world), 0.5);
  for (let from = 11; from <= many; from += 100_000) await insertTasks(world, from, Math.min(from + 99_999, many));
  await rebuildCounts(world.databaseUrl);
  await world.db.query('VACUUM ANALYZE task_counts');
  await statsTimes(world);
  const lots = quantile(await statsTimes(world), 0.5);
  return [
    {
      what: '`/stats` of one organization: median with 10 tasks in all, with 1,000,000 in all, ratio',
      measured: `${inMs(few)}, ${inMs(lots)}, ${(lots / few).toFixed(2)}`,
      promised: 'the same',
      n: `${looks} requests each`,
    },
  ];
}

async function statsTimes({ nodes, adminKey }: World): Promise<number[]> {
  const times: number[] = [];
  for (let i = 0; i < looks; i++) {
    const path = '/stats?organization_id=acme';
    const { attempt } = await sendRequest({ url: nodes[0].url, method: 'GET', path, apiKey: adminKey, timeoutMs: 10_000 });
    if (attempt.status !== 200 || attempt.answeredAt === null) throw new Error(`/stats was answered ${attempt.status}.`);
    times.push(attempt.answeredAt - attempt.sentAt);
  }
  return times;
}

/** One task in a hundred belongs to acme. The tasks have no events; `rebuildCounts` counts them. */
async function insertTasks({ db }: World, from: number, to: number): Promise<void> {
  await db.query(insertSql, [from, to]);
}

const insertSql = `
INSERT INTO tasks (organization_id, id, title, owner, layer, rank, created_by)
SELECT CASE WHEN n % 100 = 1 OR $2 = 10 THEN 'acme' ELSE 'org-' || n % 100 END, 'task-' || n, 'A task', 'owner-' || n % 7, 'core', 0, 'admin'
FROM generate_series($1::integer, $2::integer) AS n`;
