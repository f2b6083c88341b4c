import { DispatcherError } from '@dispatcher/kit/serving/errors.ts';
import type { Pool } from '../connection/pool.ts';

/**
 * The organization a request about one task is meant for: the one it names (a key's own always stands there), or the
 * only one that has the id.
 */
export async function organizationOfTask(pool: Pool, request: { taskId: string; organizationId?: string | undefined }): Promise<string> {
  if (request.organizationId !== undefined) return request.organizationId;
  const { rows } = await pool.query<{ organizationId: string }>({ name: 'organization-of-task', text: sql, values: [request.taskId] });
  if (rows.length > 1)
    throw new DispatcherError('ambiguous_id', 'This id stands in several organizations; name one with organization_id.', {
      field: 'organization_id',
    });
  return rows[0]?.organizationId ?? '';
}

/** One look-up of the primary key for each organization, since every index on tasks leads with it. */
const sql = `
SELECT o.id AS "organizationId" FROM organizations o
WHERE EXISTS (SELECT FROM tasks t WHERE t.organization_id = o.id AND t.id = $1) LIMIT 2`;

/** The failure for a task that does not exist, or belongs to another organization: nothing tells the two apart. */
export const taskNotFound = (): DispatcherError => new DispatcherError('not_found', 'There is no task with this id.');
