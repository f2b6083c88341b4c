import type { Pool } from '@dispatcher/database/connection/pool.ts';
import type { PageWanted } from '@dispatcher/database/page.ts';

/** A claim of a task, and how it ended. */
export interface AttemptRow {
  /** The id of the event that began it. */
  id: string;
  attempt: number;
  agent: string;
  stage: string;
  claimedAt: Date;
  endedAt: Date | null;
  how: 'live' | 'completed' | 'released' | 'expired' | 'archived';
  releaseReason: string | null;
  notes: string | null;
  availableAt: Date | null;
}

/** The claims of one task, oldest first. Reads one more than the page holds. */
export async function listAttempts(pool: Pool, organizationId: string, taskId: string, { after, limit, offset }: PageWanted): Promise<AttemptRow[]> {
  const values = [organizationId, taskId, after?.[0] ?? '0', limit + 1, offset];
  const { rows } = await pool.query<AttemptRow>({ name: 'list-attempts', text: listAttemptsSql, values });
  return rows;
}

/**
 * Each claim is an event, and its end is the next event of these types. The attempt number cannot find the end, because
 * a claim that was released as not started gives its number to the next one. Reads `task_events_of_task`. A claim
 * without an end is live, or its lease is over and the sweeper has not seen it yet.
 */
const listAttemptsSql = `
SELECT c.id, c.attempt, coalesce(c.actor, '') AS agent, c.stage, c.occurred_at AS "claimedAt",
  coalesce(e.occurred_at, CASE WHEN NOT live.is_live THEN t.expires_at END) AS "endedAt",
  coalesce(substr(e.type, 6), CASE WHEN live.is_live THEN 'live' ELSE 'expired' END) AS how,
  e.release_reason AS "releaseReason", e.notes, e.available_at AS "availableAt"
FROM (
  SELECT * FROM task_events WHERE organization_id = $1 AND task_id = $2 AND id > $3::bigint AND type = 'task.claimed'
  ORDER BY id LIMIT $4 OFFSET $5
) AS c
JOIN tasks t ON t.organization_id = $1 AND t.id = $2
CROSS JOIN LATERAL (SELECT t.status = 'claimed' AND t.claim_token = c.claim_token AND t.expires_at > clock_timestamp() AS is_live) AS live
LEFT JOIN LATERAL (
  SELECT type, occurred_at, release_reason, notes, available_at FROM task_events
  WHERE organization_id = $1 AND task_id = $2 AND id > c.id AND type IN ('task.released', 'task.expired', 'task.completed', 'task.archived')
  ORDER BY id LIMIT 1
) AS e ON true
ORDER BY c.id`;
