import type { Pool } from '@dispatcher/database/connection/pool.ts';
import { countChanges } from './count-changes.ts';

/** The number of tasks that have one value of one dimension. */
export interface Count {
  dimension: 'status' | 'owner' | 'layer';
  value: string;
  count: string;
}

/**
 * The counts of one organization or of all, exact at this instant: the stored counts plus, in the same snapshot, the
 * events that the relay has not counted yet. The cost grows with the number of owners, not of tasks.
 */
export async function readCounts(pool: Pool, organizationId: string | null): Promise<Count[]> {
  const { rows } = await pool.query<Count>({
    name: `read-counts ${organizationId !== null}`,
    text: sql(organizationId === null ? 'true' : 'organization_id = $1'),
    values: organizationId === null ? [] : [organizationId],
  });
  return rows;
}

/**
 * The stored counts, and the changes that the relay has not added yet, as rows of (organization_id, dimension, value,
 * count). One value may have several rows.
 */
export const countsNow = (condition: string) => `
  SELECT organization_id, dimension, value, count FROM task_counts WHERE ${condition}
  UNION ALL
  SELECT e.organization_id, change.dimension, change.value, change.delta
  FROM unpublished CROSS JOIN LATERAL (SELECT * FROM task_events WHERE id = unpublished.event_id OFFSET 0) AS e CROSS JOIN LATERAL (SELECT * FROM ${countChanges('e')}) AS change
  WHERE ${condition.replace('organization_id', 'e.organization_id')}`;

const sql = (condition: string) => `
SELECT dimension, value, sum(count)::bigint AS count FROM (${countsNow(condition)}) AS counts
GROUP BY dimension, value HAVING sum(count) <> 0`;
