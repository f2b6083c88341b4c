import type { Pool } from '@dispatcher/database/connection/pool.ts';

/** A task in a graph. */
export interface GraphTask {
  id: string;
  title: string;
  status: string;
  held: boolean;
  blocked: boolean;
  archived: boolean;
  dependsOn: string[];
}

/**
 * A task, and at most `limit` of the tasks that it waits for and of those that wait for it, nearest first. `side` says
 * which of the two a task is.
 */
export async function readGraph(pool: Pool, organizationId: string, taskId: string, limit: number): Promise<(GraphTask & { side: Side })[]> {
  const { rows } = await pool.query<GraphTask & { side: Side }>({ name: 'read-graph', text: readGraphSql, values: [organizationId, taskId, limit] });
  return rows;
}

/** How a task is related to the one in the request: it comes before it, or it waits for it. */
export type Side = 'self' | 'before' | 'after';

/**
 * Both searches go step by step and visit each task once, so LIMIT keeps the nearest tasks. Every step looks at a
 * primary key.
 */
const readGraphSql = `
WITH RECURSIVE before (id) AS (
  SELECT unnest(depends_on) FROM tasks WHERE organization_id = $1 AND id = $2
  UNION
  SELECT unnest(t.depends_on) FROM before b JOIN tasks t ON t.organization_id = $1 AND t.id = b.id
),
after (id) AS (
  SELECT task_id FROM task_dependencies WHERE organization_id = $1 AND depends_on_id = $2
  UNION
  SELECT d.task_id FROM after a JOIN task_dependencies d ON d.organization_id = $1 AND d.depends_on_id = a.id
),
found (id, side) AS (
  SELECT $2::text, 'self'
  UNION ALL (SELECT id, 'before' FROM before LIMIT $3)
  UNION ALL (SELECT id, 'after' FROM after LIMIT $3)
)
SELECT found.side, t.id, t.title, t.status, t.held, cardinality(t.blocked_by) > 0 AS blocked, t.archived_at IS NOT NULL AS archived,
  t.depends_on AS "dependsOn"
FROM (SELECT id, side, row_number() OVER () AS place FROM found) AS found
JOIN tasks t ON t.organization_id = $1 AND t.id = found.id
ORDER BY found.place`;
