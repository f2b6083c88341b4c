import type { Pool } from '@dispatcher/database/connection/pool.ts';
import { type ClaimFilter, type FilterName, filtersOf, inAnyQueue, matches } from './claim-next-task.ts';

/**
 * Returns the filters for which claim-next has a task. Sends one statement for all filters that set the same fields,
 * with one look at an index for each filter.
 */
export async function readyFilters(pool: Pool, filters: readonly ClaimFilter[]): Promise<ClaimFilter[]> {
  const ready: ClaimFilter[] = [];
  const alike = Map.groupBy(filters, (filter) => ['ready-filters', filter.organizationId === undefined, ...filtersOf(filter)].join(' '));
  for (const [name, group] of alike) {
    const [first] = group;
    if (!first) continue;
    const names = filtersOf(first);
    const values = (['organizationId', 'stage', ...names] as const).map((field) => group.map((filter) => filter[field] ?? null));
    const { rows } = await pool.query<{ index: string }>({ name, text: readyFiltersSql(names, first.organizationId !== undefined), values });
    ready.push(...rows.flatMap(({ index }) => group[Number(index) - 1] ?? []));
  }
  return ready;
}

/** The statement for filters that set these fields, in one organization or (for an admin) in all. */
export function readyFiltersSql(names: readonly FilterName[], inOrganization: boolean): string {
  const parameters = ['organization_id', 'stage', ...names].map((_, i) => `$${i + 1}::text[]`);
  return `
SELECT queue.index FROM unnest(${parameters}) WITH ORDINALITY AS queue (organization_id, stage, ${[...names, 'index']})
WHERE ${inOrganization ? hasTask(names, 'queue.organization_id') : hasTaskAnywhere(names)}`;
}

const hasTask = (names: readonly FilterName[], organization: string) =>
  oneLook(matches(names, organization, 'queue.stage', (name) => `queue.${name}`));

const hasTaskAnywhere = (names: readonly FilterName[]) =>
  names.length === 0 ? oneLook(inAnyQueue('queue.stage')) : `(SELECT true FROM organizations o WHERE ${hasTask(names, 'o.id')} LIMIT 1)`;

/**
 * The planner may turn EXISTS into a join, and may use any index when there is no ORDER BY. Both ways would read tasks
 * that nobody can claim.
 */
const oneLook = (condition: string) => `(SELECT true FROM tasks WHERE ${condition} ORDER BY rank DESC, created_at, id LIMIT 1)`;
