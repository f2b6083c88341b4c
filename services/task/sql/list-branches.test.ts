import { type TestTasks, useTasks } from '@dispatcher/testing/services/use-tasks.ts';
import { assert, asyncProperty, boolean, constantFrom, option, record } from 'fast-check';
import { expect, test } from 'vitest';
import type { TaskFilters } from './list-branches.ts';
import { type ListedTask, listTasks, placeOf } from './list-tasks.ts';

/** 600 tasks in every state, with few different values, so that many tasks share filters and ranks. */
async function useTasksInEveryState(): Promise<TestTasks> {
  const tasks = await useTasks();
  await tasks.query(`
    INSERT INTO tasks (organization_id, id, title, created_by, rank, created_at, updated_at, owner, milestone, project, layer, stage, held, status,
      available_at, blocked_by, archived_at, completed_at, agent, claim_token, lease_seconds, claimed_at, last_heartbeat_at, expires_at)
    SELECT CASE WHEN n % 10 = 0 THEN 'globex' ELSE 'acme' END, 't' || n, CASE n % 4 WHEN 0 THEN 'Fix the Login' ELSE 'Write docs' END, 'test',
      n % 3, now() - n % 7 * interval '1 hour', now() - n % 5 * interval '1 day', (ARRAY['ann', 'bill', NULL])[1 + n % 3], (ARRAY['v1', NULL])[1 + n / 3 % 2],
      (ARRAY['web', 'app', NULL])[1 + n / 2 % 3], (ARRAY['core', 'ops'])[1 + n / 5 % 2], CASE WHEN n % 11 = 0 THEN 'merge' ELSE 'build' END,
      n % 13 = 0, state, CASE WHEN state = 'pending' AND n % 17 = 0 THEN now() + interval '1 day' END,
      CASE WHEN n % 19 = 0 THEN ARRAY['t1'] ELSE '{}' END, CASE WHEN state <> 'claimed' AND n % 23 = 0 THEN now() END,
      CASE WHEN state = 'done' THEN now() END, 'a', 'token', 60, now(), now(), now() + interval '1 hour'
    FROM generate_series(1, 600) AS n CROSS JOIN LATERAL (SELECT (ARRAY['pending', 'pending', 'claimed', 'done'])[1 + n / 7 % 4] AS state) AS s`);
  return tasks;
}

interface Row extends Record<keyof TaskFilters & string, unknown> {
  id: string;
  place: string;
  title: string;
  archived: boolean;
  blocked_by: string[];
  updated_at: Date;
}

/** Whether a task belongs to a list, judged by its row. */
function matches(row: Row, { organizationId, words = [], idPrefix, updatedAfter, ready, blocked, ...equal }: TaskFilters): boolean {
  const isBlocked = row.status === 'pending' && row.blocked_by.length > 0;
  return (
    !row.archived &&
    (organizationId === undefined || row.organizationId === organizationId) &&
    Object.entries(equal).every(([name, value]) => value === undefined || row[name as keyof TaskFilters] === value) &&
    (ready === undefined || (row.status === 'pending' && row.ready === ready)) &&
    (blocked === undefined || isBlocked === blocked) &&
    (idPrefix === undefined || row.id.startsWith(idPrefix)) &&
    words.every((word) => `${row.id} ${row.title}`.toLowerCase().includes(word.toLowerCase())) &&
    (updatedAfter === undefined || row.updated_at > updatedAfter)
  );
}

const maybe = <T>(...values: T[]) => option(constantFrom(...values), { nil: undefined, freq: 2 });

const anyFilters = record({
  organizationId: maybe('acme', 'globex'),
  status: maybe<'pending' | 'claimed' | 'done'>('pending', 'claimed', 'done'),
  owner: maybe('ann', 'bill', 'nobody'),
  milestone: maybe('v1', 'never'),
  project: maybe('web', 'app'),
  layer: maybe('core', 'ops'),
  stage: maybe('build', 'merge'),
  held: option(boolean(), { nil: undefined, freq: 2 }),
  ready: option(boolean(), { nil: undefined, freq: 1 }),
  blocked: option(boolean(), { nil: undefined, freq: 1 }),
  idPrefix: option(constantFrom('t1', 't59', 'x'), { nil: undefined, freq: 1 }),
  words: option(constantFrom(['LOGIN'], ['fix', 'login'], ['t4', 'docs'], ['%']), { nil: undefined, freq: 1 }),
  updatedAfter: option(constantFrom(new Date(Date.now() - 36 * 3600 * 1000)), { nil: undefined, freq: 1 }),
});

test('the pages of any list together have exactly the tasks that match, in the order of claim-next', async () => {
  await using tasks = await useTasksInEveryState();
  const rows = await tasks.query<Row>(`
    SELECT *, organization_id AS "organizationId", archived_at IS NOT NULL AS archived FROM tasks
    ORDER BY rank DESC, created_at, id, organization_id`);
  const keysOf = (found: readonly Pick<Row, 'id' | 'organizationId'>[]) => found.map(({ id, organizationId }) => `${organizationId}/${id}`);
  await assert(
    asyncProperty(anyFilters, constantFrom(7, 40, 200), async (filters, limit) => {
      const found: ListedTask[] = [];
      for (let page: ListedTask[] | undefined; page === undefined || page.length > limit; ) {
        const last = found.at(-1);
        page = await listTasks(tasks.database, filters, { limit, offset: 0, after: last ? placeOf(last) : null });
        found.push(...page.slice(0, limit));
      }
      expect(keysOf(found)).toEqual(keysOf(rows.filter((row) => matches(row, filters))));
    }),
    { numRuns: 150 },
  );
});
