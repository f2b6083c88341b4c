import { useClaims } from '@dispatcher/testing/services/use-claims.ts';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { ClaimFilter } from './claim-next-task.ts';
import { readyFilters } from './ready-filters.ts';

const some = fc.constantFrom(null, null, 'a', 'b');
const tasks = fc.array(
  fc.record({
    organization_id: fc.constantFrom('acme', 'globex'),
    stage: fc.constantFrom('build', 'merge'),
    owner: some,
    project: some,
    milestone: some,
    layer: some,
    held: fc.boolean(),
  }),
  { maxLength: 4 },
);
const filters = fc.array(
  fc.record(
    {
      organizationId: fc.constantFrom('acme', 'globex'),
      stage: fc.constantFrom('build', 'merge'),
      owner: fc.constantFrom('a', 'b'),
      project: fc.constantFrom('a', 'b'),
      milestone: fc.constantFrom('a', 'b'),
      layer: fc.constantFrom('a', 'b'),
    },
    { requiredKeys: ['stage'] },
  ),
  { maxLength: 8 },
);

test('a filter is ready exactly when claim-next has a task for it, for any filters', async () => {
  await using claims = await useClaims();
  await fc.assert(
    fc.asyncProperty(tasks, filters, async (rows, asked) => {
      await claims.database.pool.query('TRUNCATE tasks');
      for (const [i, row] of rows.entries()) await claims.insertTask(`t${i}`, row);
      const expected = asked.filter((filter) => rows.some((row) => !row.held && isMatch(filter, row)));
      const ready = await readyFilters(claims.database.pool, asked);
      expect(new Set(ready)).toEqual(new Set(expected));
    }),
    { numRuns: 60 },
  );
});

function isMatch({ organizationId, ...others }: ClaimFilter, { organization_id, ...task }: Record<string, unknown>): boolean {
  const isSame = Object.entries(others).every(([field, value]) => value === undefined || task[field] === value);
  return isSame && (organizationId === undefined || organizationId === organization_id);
}
