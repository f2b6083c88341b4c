import type { Pool } from '@dispatcher/database/connection/pool.ts';
import { countsNow } from './read-counts.ts';

/** A count that differs from a full count. */
export interface WrongCount {
  organizationId: string;
  dimension: string;
  value: string;
  counted: string;
  expected: string;
}

/** Counts all tasks and compares with what `/stats` would answer, in one snapshot. Reads every task. */
export async function wrongCounts(client: Pick<Pool, 'query'>): Promise<WrongCount[]> {
  const { rows } = await client.query<WrongCount>(sql);
  return rows;
}

const sql = `
SELECT organization_id AS "organizationId", dimension, value, coalesce(counted.count, 0) AS counted, coalesce(tasks.count, 0) AS expected
FROM (SELECT organization_id, dimension, value, sum(count)::bigint AS count FROM (${countsNow('true')}) AS now GROUP BY 1, 2, 3) AS counted
FULL JOIN (
  SELECT organization_id, dimension, value, count(*) AS count
  FROM tasks CROSS JOIN LATERAL (VALUES
    ('status', status), ('owner', coalesce(owner, 'unassigned')), ('layer', coalesce(layer, 'unassigned'))
  ) AS place (dimension, value)
  WHERE archived_at IS NULL GROUP BY 1, 2, 3
) AS tasks USING (organization_id, dimension, value)
WHERE coalesce(counted.count, 0) <> coalesce(tasks.count, 0)
ORDER BY 1, 2, 3`;
