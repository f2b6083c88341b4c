import type { Pool } from '@dispatcher/database/connection/pool.ts';
import { bySystem, logEvents } from '@dispatcher/database/events/event-log.ts';

/** The most tasks that one round of the sweeper changes, so that its transaction stays short. */
export const sweepSize = 200;

/**
 * Puts tasks whose lease is over back in the queue, writes their events, and returns their number. Reads the claims by
 * the index `tasks_claimed`. It skips rows that another sweeper or a late done has locked, and locks the others in the
 * order of the key.
 */
export async function expireClaims(pool: Pool, maxAttempts: number): Promise<number> {
  const { rows } = await pool.query({ name: 'expire-claims', text: sql, values: [...bySystem, maxAttempts, sweepSize] });
  return rows.length;
}

const sql = `
WITH over AS (
  SELECT organization_id, id FROM tasks WHERE status = 'claimed' AND expires_at <= clock_timestamp()
  ORDER BY organization_id, id LIMIT $5 FOR UPDATE SKIP LOCKED
),
expired AS (
  UPDATE tasks t SET status = 'pending', failed_claims = t.failed_claims + 1, held = t.held OR t.failed_claims + 1 >= $4::integer
  FROM over WHERE t.organization_id = over.organization_id AND t.id = over.id
  RETURNING t.*
),
${logEvents(`SELECT *, 'task.expired' AS type, agent AS actor, 'claimed' AS status_before, owner AS owner_before, layer AS layer_before,
    claim_token AS event_token FROM expired`)}
SELECT 1 FROM expired`;
