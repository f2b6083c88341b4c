import type { Pool } from '@dispatcher/database/connection/pool.ts';
import { isLive } from './live-claim.ts';

/**
 * Marks a live claim as received, so that `returnClaim` does not take it back: the time of the last heartbeat now
 * differs from the time of the claim. The difference is less than the millisecond that callers see, because a repeat
 * must get the same answer. False when there is no such live claim.
 */
export async function keepClaim(pool: Pool, organizationId: string, taskId: string, claimToken: string | null): Promise<boolean> {
  const { rowCount } = await pool.query({ name: 'keep-claim', text: keepClaimSql, values: [organizationId, taskId, claimToken] });
  return rowCount === 1;
}

/** Exported for the test of its plan. */
export const keepClaimSql = `
UPDATE tasks SET last_heartbeat_at = CASE WHEN last_heartbeat_at <> claimed_at THEN last_heartbeat_at
    WHEN claimed_at = date_trunc('milliseconds', claimed_at) THEN claimed_at + interval '1 microsecond'
    ELSE date_trunc('milliseconds', claimed_at) END
WHERE organization_id = $1 AND id = $2 AND ${isLive} AND claim_token = $3`;
