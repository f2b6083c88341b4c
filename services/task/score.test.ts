import { effectiveScore, rank } from '@dispatcher/database/tasks/score-sql.ts';
import { as, useTasks } from '@dispatcher/testing/services/use-tasks.ts';
import { array, assert, asyncProperty, double, integer, oneof, option, record } from 'fast-check';
import { expect, test } from 'vitest';

const halfLifeDays = 14;
// The server treats a value next to zero as zero, so the test does not draw such values.
const input = option(oneof(integer({ min: 0, max: 10 }), double({ min: 1e-50, max: 10, noNaN: true })), { nil: undefined });
const inputs = record({
  rev: input,
  use: input,
  ts: input,
  sec: input,
  stab: input,
  effort: option(double({ min: 0.001, max: 100, noNaN: true }), { nil: undefined }),
});

type Inputs = Partial<Record<'rev' | 'use' | 'ts' | 'sec' | 'stab' | 'effort', number | undefined>>;

/** The formula of the contract. */
const scoreOf = ({ rev = 0, use = 0, ts = 0, sec = 0, stab = 0, effort = 2 }: Inputs) =>
  (rev * 3 + use * 2 + ts * 2 + sec * 4 + stab * 2) / Math.max(effort, 2);

const given = (task: Inputs) => Object.fromEntries(Object.entries(task).filter(([, value]) => value !== undefined));

test('for any inputs and ages, a list is in the order of the effective scores by the formula', async () => {
  await using tasks = await useTasks();
  await assert(
    asyncProperty(array(record({ task: inputs, days: integer({ min: 0, max: 2000 }) }), { minLength: 2, maxLength: 8 }), async (drawn) => {
      await tasks.query('TRUNCATE tasks');
      const expected = new Map<string, number>();
      for (const { task, days } of drawn) {
        const { data } = await tasks.client.createTask({ title: 'One', ...given(task) }, as('acme'));
        expect(data?.score).toBe(scoreOf(task));
        expected.set(data?.id ?? '', scoreOf(task) * 2 ** (-days / halfLifeDays));
        await tasks.query("UPDATE tasks SET updated_at = updated_at - $2 * interval '1 day' WHERE id = $1", [data?.id, days]);
      }
      await tasks.query('UPDATE tasks SET rank = task_rank(score, updated_at)');
      const { data } = await tasks.client.listTasks({}, as('acme'));
      for (const { id, effectiveScore } of data) expectClose(effectiveScore, expected.get(id));
      const effective = data.map(({ effectiveScore }) => effectiveScore);
      for (const [i, lower] of effective.entries()) expect(lower).toBeLessThanOrEqual((effective[i - 1] ?? Number.MAX_VALUE) * (1 + 1e-9));
    }),
    { numRuns: 15 },
  );
});

function expectClose(actual: number, wanted = Number.NaN): void {
  expect(Math.abs(actual - wanted)).toBeLessThanOrEqual(wanted * 1e-9);
}

test('of two equal effective scores of different days, the older task comes first', async () => {
  await using tasks = await useTasks();
  await assert(
    asyncProperty(double({ min: 0.01, max: 5, noNaN: true }), integer({ min: 0, max: 20 }), async (rev, halfLives) => {
      await tasks.query('TRUNCATE tasks');
      await tasks.client.createTask({ id: 'fresh', title: 'One', rev }, as('acme'));
      await tasks.client.createTask({ id: 'decayed', title: 'One', rev: rev * 2 }, as('acme'));
      await tasks.query("UPDATE tasks SET updated_at = updated_at - $1 * interval '14 days'", [halfLives]);
      await tasks.query("UPDATE tasks SET updated_at = updated_at - interval '14 days' WHERE id = 'decayed'");
      await tasks.query('UPDATE tasks SET rank = task_rank(score, updated_at)');
      const { data } = await tasks.client.listTasks({}, as('acme'));
      expect(data.map(({ id }) => id)).toEqual(['fresh', 'decayed']);
    }),
    { numRuns: 15 },
  );
});

test.each([0.01, 0.5, 100_000])('with a half-life of %d days a task of today does not decay, and a task of any age can be read', async (days) => {
  await using tasks = await useTasks();
  await tasks.query('UPDATE settings SET half_life_days = $1', [days]);
  for (const rev of [1, 10, Number.MIN_VALUE, 1e-99]) await tasks.client.createTask({ id: `rev-${rev}`, title: 'One', rev }, as('acme'));
  const effectiveScore = async () => (await tasks.client.getTask({ taskId: 'rev-1' }, as('acme'))).data?.effectiveScore;
  expect(await effectiveScore()).toBe(1.5);
  await tasks.query("UPDATE tasks SET updated_at = updated_at - interval '50 years'");
  await tasks.query('UPDATE tasks SET rank = task_rank(score, updated_at)');
  expect(await effectiveScore()).toBeLessThan(1.5);
  expect((await tasks.client.listTasks({}, as('acme'))).data).toHaveLength(4);
});

test('the expressions of the statements have the values of the functions in the schema', async () => {
  await using tasks = await useTasks();
  const [scores, ages] = [
    [0, 1e-100, 1e-12, 0.1, 1, 10.5, 65],
    [-1, 0, 1, 13, 14, 400, 8400, 100_000],
  ];
  for (const days of [0.01, 14, 100_000]) {
    await tasks.query('UPDATE settings SET half_life_days = $1', [days]);
    const differing = await tasks.query(
      `SELECT score, at FROM unnest($1::float8[]) AS score, (SELECT now() - age * interval '1 day' AS at FROM unnest($2::integer[]) AS age) AS ages
       WHERE ${rank('score', 'at')} IS DISTINCT FROM task_rank(score, at)
         OR ${effectiveScore('score', 'at')} IS DISTINCT FROM task_effective_score(score, at)`,
      [scores, ages],
    );
    expect(differing).toEqual([]);
  }
});
