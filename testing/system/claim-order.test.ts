import { array, assert, asyncProperty, constantFrom, double, integer, oneof, option, record } from 'fast-check';
import { expect, test } from 'vitest';
import { useAcme } from './harness/use-acme.ts';

const halfLifeDays = 14;
const inputs = ['rev', 'use', 'ts', 'sec', 'stab', 'effort'] as const;
type Inputs = Partial<Record<(typeof inputs)[number], number>>;

/**
 * Whole numbers, so that ties are common, and fractions. Numbers very near to zero are not drawn, because they count as
 * zero.
 */
const value = oneof(integer({ min: 0, max: 10 }), double({ min: 1e-6, max: 10, noNaN: true }));
const optional = option(value, { nil: undefined });
const drawnTask = record({
  task: record({
    rev: optional,
    use: optional,
    ts: optional,
    sec: optional,
    stab: optional,
    effort: option(integer({ min: 1, max: 100 }), { nil: undefined }),
  }),
  days: constantFrom(0, 0, 0, 1, 7, 14, 28, 365),
});

/** The formula of the contract, implemented independently. */
function effectiveScore({ rev = 0, use = 0, ts = 0, sec = 0, stab = 0, effort = 2 }: Inputs, days: number): number {
  return ((rev * 3 + use * 2 + ts * 2 + sec * 4 + stab * 2) / Math.max(effort, 2)) * 0.5 ** (days / halfLifeDays);
}

interface Expected {
  id: string;
  createdAt: string;
  effective: number;
}

/**
 * The highest effective score first; on ties the oldest task, then the smallest id. Scores that differ only by rounding
 * count as a tie.
 */
function byOrder(a: Expected, b: Expected): number {
  if (Math.abs(a.effective - b.effective) > 1e-9 * Math.max(a.effective, b.effective)) return b.effective - a.effective;
  return a.createdAt < b.createdAt ? -1 : a.createdAt > b.createdAt ? 1 : a.id < b.id ? -1 : 1;
}

test('for any score inputs and ages, claim-next hands tasks out, and a list shows them, in the order of the contract', async () => {
  await using acme = await useAcme();
  const query = (text: string, values: unknown[] = []) => acme.services.pool.query(text, values);
  await assert(
    asyncProperty(array(drawnTask, { minLength: 2, maxLength: 10 }), async (drawn) => {
      await query('DELETE FROM tasks WHERE organization_id = $1', [acme.organizationId]);
      const expected: Expected[] = [];
      for (const { task, days } of drawn) {
        const given = Object.fromEntries(Object.entries(task).filter(([, input]) => input !== undefined)) as Inputs;
        const { data } = await acme.rest.create({ title: 'One', ...given });
        await query("UPDATE tasks SET updated_at = updated_at - $3 * interval '1 day' WHERE organization_id = $1 AND id = $2", [
          acme.organizationId,
          data.id,
          days,
        ]);
        expected.push({ id: data.id, createdAt: data.created_at, effective: effectiveScore(given, days) });
      }
      // Ties by age alone: some tasks have exactly the same creation time.
      const asOne = "rank = task_rank(score, updated_at), created_at = date_trunc('second', created_at)";
      await query(`UPDATE tasks SET ${asOne} WHERE organization_id = $1`, [acme.organizationId]);
      for (const task of expected) task.createdAt = task.createdAt.slice(0, 19);
      const order = expected.sort(byOrder).map(({ id }) => id);

      const { data: listed } = await acme.rest.list('?limit=200');
      expect(listed.map(({ id }) => id)).toEqual(order);
      for (const [i, { effective_score }] of listed.entries()) {
        const { effective = Number.NaN } = expected[i] ?? {};
        expect(Math.abs(effective_score - effective)).toBeLessThanOrEqual(effective * 1e-9);
      }
      const claimed: string[] = [];
      for (let next = await acme.rest.claimNext({ agent: 'ann' }); next.data; next = await acme.rest.claimNext({ agent: 'ann' })) {
        claimed.push(next.data.task.id);
      }
      expect(claimed).toEqual(order);
    }),
    { numRuns: 20 },
  );
});
