import { DispatcherError } from '@dispatcher/kit/serving/errors.ts';
import type { Pool } from '../connection/pool.ts';

/**
 * The organization of the task that a request is about. It is the one that the request names, which for a key is
 * always its own. An admin may name none; then it is the only organization that has the id.
 */
export async function organizationOfTask(pool: Pool, request: { taskId: string; organizationId?: string | undefined }): Promise<string> {
  if (request.organizationId !== undefined) return request.organizationId;
  const { rows } = await pool.query<{ organizationId: string }>({ name: 'organization-of-task', text: sql, values: [request.taskId] });
  if (rows.length > 1)
    throw new DispatcherError('ambiguous_id', 'Several organizations have a task with this id. Name one with organization_id.', {
      field: 'organization_id',
    });
  return rows[0]?.organizationId ?? '';
}

/** Looks at the primary key once for each organization, because every index on tasks begins with the organization. */
const sql = `
SELECT o.id AS "organizationId" FROM organizations o
WHERE EXISTS (SELECT FROM tasks t WHERE t.organization_id = o.id AND t.id = $1) LIMIT 2`;

/** The error for a task that does not exist or belongs to another organization. It is the same for both. */
export const taskNotFound = (): DispatcherError => new DispatcherError('not_found', 'There is no task with this id.');
