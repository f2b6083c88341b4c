import type { Pool } from '@dispatcher/database/connection/pool.ts';
import { type ClaimFilter, type FilterName, filtersOf, matches } from './claim-next-task.ts';

/**
 * The organizations that have a matching task. The one with the best task is first. Looks at an index once for each
 * organization.
 */
export async function matchingOrganizations(pool: Pool, filter: ClaimFilter): Promise<string[]> {
  const names = filtersOf(filter);
  const values = [filter.stage, ...names.map((name) => filter[name])];
  const { rows } = await pool.query<{ id: string }>({
    name: `matching-organizations ${names.join(' ')}`,
    text: matchingOrganizationsSql(names),
    values,
  });
  return rows.map(({ id }) => id);
}

/**
 * An index over all organizations for each filter would need one look. But those indexes would cost every claim more
 * than this statement costs the admin.
 */
export const matchingOrganizationsSql = (names: readonly FilterName[]): string => `
SELECT o.id FROM organizations o CROSS JOIN LATERAL (
  SELECT rank, created_at, id FROM tasks WHERE ${matches(names, 'o.id', '$1', (name) => `$${2 + names.indexOf(name)}`)}
  ORDER BY rank DESC, created_at, id LIMIT 1
) AS first
ORDER BY first.rank DESC, first.created_at, first.id, o.id`;
