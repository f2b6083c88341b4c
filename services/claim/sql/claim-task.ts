import { violates } from '@dispatcher/database/connection/errors.ts';
import type { Pool } from '@dispatcher/database/connection/pool.ts';
import type { TaskRow } from '@dispatcher/database/entities/task.ts';
import { isFirstRequest, logEvents } from '@dispatcher/database/events/event-log.ts';
import type { RequestIdentity } from '@dispatcher/database/events/idempotency.ts';
import { concurrencyIndex, keyIsFree } from '@dispatcher/database/tasks/concurrency-key.ts';
import { taskColumns } from '@dispatcher/database/tasks/task-columns.ts';
import { beginClaim } from './begin-claim.ts';
import type { Claimer } from './claim-next/claim-next-task.ts';

/**
 * Claims one task by its primary key. The task is pending (it may be held or wait for a time), or its lease is over;
 * then the end of the old claim is logged first. Null when the task cannot be claimed, or when the request is a repeat.
 * `claimStanding` then reads the reason.
 */
export async function claimTask(
  pool: Pool,
  identity: RequestIdentity,
  organizationId: string,
  taskId: string,
  claimer: Claimer,
): Promise<TaskRow | null> {
  const values = [...identity, claimer.agent, claimer.claimToken, claimer.leaseSeconds, organizationId, taskId];
  try {
    const { rows } = await pool.query<TaskRow>({ name: 'claim-task', text: sql, values });
    return rows[0] ?? null;
  } catch (thrown) {
    // Another claim took the key since this statement looked.
    if (violates(thrown, concurrencyIndex)) return null;
    throw thrown;
  }
}

/** The columns of an event that are copied from the task. */
const taskPart = 'organization_id, id, attempts, title, stage, owner, layer, milestone, score';

const sql = `
WITH before AS (
  SELECT * FROM tasks
  WHERE organization_id = $7 AND id = $8 AND archived_at IS NULL AND ${isFirstRequest}
    AND cardinality(blocked_by) = 0 AND ${keyIsFree('tasks')}
    AND (status = 'pending' OR (status = 'claimed' AND expires_at <= clock_timestamp()))
  FOR UPDATE
),
claimed AS (
  UPDATE tasks t SET ${beginClaim('$4', '$5', '$6')},
    failed_claims = t.failed_claims + CASE WHEN before.status = 'claimed' THEN 1 ELSE 0 END
  FROM before WHERE t.organization_id = before.organization_id AND t.id = before.id
  RETURNING t.*
),
${logEvents(`
    SELECT ${taskPart}, 'task.expired' AS type, agent AS actor, 'pending' AS status, 'claimed' AS status_before, owner AS owner_before,
      layer AS layer_before, claim_token AS event_token, 1 AS step FROM before WHERE status = 'claimed'
    UNION ALL
    SELECT ${taskPart}, 'task.claimed', agent, 'claimed', 'pending', owner, layer, claim_token, 2 FROM claimed
    ORDER BY step`)}
SELECT ${taskColumns('claimed')} FROM claimed`;
