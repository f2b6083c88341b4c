import type { Connection } from '@dispatcher/database/connection/pool.ts';

/**
 * The circle that would exist if `taskId` waited for `dependsOn`. The ids go around it, from `taskId` to `taskId`, and
 * each waits for the one before. Null when there is no circle. The answer is exact only while nobody else changes
 * dependencies.
 */
export async function findCycle(
  connection: Connection,
  organizationId: string,
  taskId: string,
  dependsOn: readonly string[],
): Promise<string[] | null> {
  if (dependsOn.includes(taskId)) return [taskId, taskId];
  const values = [organizationId, taskId, dependsOn];
  const { rows } = await connection.query<{ id: string; dependsOn: string[] }>({ name: 'find-cycle', text: sql, values });
  if (rows.length === 0) return null;
  return shortestPath(new Map(rows.map((row) => [row.id, row.dependsOn])), taskId, dependsOn);
}

/** Visits each task once, by its primary key. Returns the visited tasks only when there is a circle. */
const sql = `
WITH RECURSIVE reached (id) AS (
  SELECT unnest($3::text[])
  UNION
  SELECT unnest(t.depends_on) FROM reached r JOIN tasks t ON t.organization_id = $1 AND t.id = r.id
)
SELECT t.id, t.depends_on AS "dependsOn" FROM reached r JOIN tasks t ON t.organization_id = $1 AND t.id = r.id
WHERE EXISTS (SELECT FROM reached WHERE id = $2)`;

function shortestPath(dependsOn: ReadonlyMap<string, readonly string[]>, taskId: string, start: readonly string[]): string[] {
  const followedBy = new Map(start.map((id) => [id, taskId]));
  for (const id of followedBy.keys()) {
    if (id === taskId) break;
    for (const next of dependsOn.get(id) ?? []) if (!followedBy.has(next)) followedBy.set(next, id);
  }
  const path = [taskId];
  do path.push(followedBy.get(path.at(-1) ?? '') ?? taskId);
  while (path.at(-1) !== taskId);
  return path;
}
