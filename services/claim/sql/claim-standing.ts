import type { Pool } from '@dispatcher/database/connection/pool.ts';
import type { TaskRow } from '@dispatcher/database/entities/task.ts';
import { taskColumns } from '@dispatcher/database/tasks/task-columns.ts';

/** A task, and the state of one holder's claim on it. */
export interface ClaimStanding extends TaskRow {
  /** Whether the task has a live claim, by the clock of the database. */
  live: boolean;
  /** Whether this token (without one: this agent) held the task earlier and did not give it back itself. */
  lost: boolean;
}

/**
 * Reads why a guarded statement changed nothing. Null when the task does not exist. Uses the index
 * `task_events_of_task` for the task's history.
 */
export async function claimStanding(
  pool: Pool,
  organizationId: string,
  taskId: string,
  claimToken: string | null,
  agent: string | null,
): Promise<ClaimStanding | null> {
  const { rows } = await pool.query<ClaimStanding>({ name: 'claim-standing', text: sql, values: [organizationId, taskId, claimToken, agent] });
  return rows[0] ?? null;
}

const sql = `
SELECT ${taskColumns('t')},
  t.status = 'claimed' AND t.expires_at > clock_timestamp() AS live,
  EXISTS (
    SELECT FROM (
      SELECT id, actor FROM task_events
      WHERE organization_id = $1 AND task_id = $2 AND type = 'task.claimed'
        AND CASE WHEN $3::text IS NOT NULL THEN claim_token = $3::text ELSE actor = $4::text END
      ORDER BY id DESC LIMIT 1
    ) AS mine
    WHERE NOT EXISTS (
      SELECT FROM (
        SELECT type, actor FROM task_events
        WHERE organization_id = $1 AND task_id = $2 AND id > mine.id AND type <> 'task.updated'
        ORDER BY id LIMIT 1
      ) AS ending
      WHERE ending.type IN ('task.released', 'task.completed') AND ending.actor = mine.actor
    )
  ) AS lost
FROM tasks t WHERE t.organization_id = $1 AND t.id = $2`;
