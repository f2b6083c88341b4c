import type { Pool } from '@dispatcher/database/connection/pool.ts';
import { isFirstRequest, logEvents } from '@dispatcher/database/events/event-log.ts';
import type { RequestIdentity } from '@dispatcher/database/events/idempotency.ts';
import { taskColumns } from '@dispatcher/database/tasks/task-columns.ts';
import type { EndedTask } from './complete-task.ts';
import { hasDependents } from './queue/unblock-dependents.ts';

/**
 * Archives a task and ends its live claim. Null when the task is archived already or does not exist, or when the
 * request is a repeat.
 */
export async function archiveTask(
  pool: Pool,
  identity: RequestIdentity,
  organizationId: string,
  taskId: string,
  caller: string,
): Promise<EndedTask | null> {
  const { rows } = await pool.query<EndedTask>({ name: 'archive-task', text: sql, values: [...identity, organizationId, taskId, caller] });
  return rows[0] ?? null;
}

const sql = `
WITH before AS (
  SELECT organization_id, id, status FROM tasks WHERE organization_id = $4 AND id = $5 AND archived_at IS NULL AND ${isFirstRequest} FOR UPDATE
),
archived AS (
  UPDATE tasks t SET archived_at = clock_timestamp(), available_at = NULL,
    status = CASE t.status WHEN 'claimed' THEN 'pending' ELSE t.status END
  FROM before WHERE t.organization_id = before.organization_id AND t.id = before.id
  RETURNING t.*, before.status AS status_before
),
${logEvents(`SELECT *, 'task.archived' AS type, $6::text AS actor, owner AS owner_before, layer AS layer_before, NULL AS event_token FROM archived`)}
SELECT ${taskColumns('archived')}, ${hasDependents('archived')} FROM archived`;
