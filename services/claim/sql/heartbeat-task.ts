import type { Pool } from '@dispatcher/database/connection/pool.ts';
import type { ClaimRow } from '@dispatcher/database/tasks/task-message.ts';
import { liveClaim } from './live-claim.ts';

/**
 * Renews a live claim for its full length. It writes no event and changes no indexed column, so PostgreSQL updates the
 * row without touching an index (HOT). Null when there is no such live claim.
 */
export async function heartbeatTask(
  pool: Pool,
  organizationId: string,
  taskId: string,
  claimToken: string | null,
  agent: string | null,
): Promise<ClaimRow | null> {
  const { rows } = await pool.query<ClaimRow>({
    name: 'heartbeat-task',
    text: heartbeatTaskSql,
    values: [organizationId, taskId, claimToken, agent],
  });
  return rows[0] ?? null;
}

/** The new end of a lease of so many seconds. */
export const renewLease = (leaseSeconds: string): string =>
  `last_heartbeat_at = clock_timestamp(), expires_at = clock_timestamp() + make_interval(secs => ${leaseSeconds})`;

/** What is returned of the renewed claim, under the names of `ClaimRow`. */
export const renewedClaim = (row: string): string =>
  `${row}.organization_id AS "organizationId", ${row}.id, ${row}.agent, ${row}.attempts, ${row}.claimed_at AS "claimedAt",
  ${row}.last_heartbeat_at AS "lastHeartbeatAt", ${row}.expires_at AS "expiresAt"`;

/** Exported for the test of its plan. */
export const heartbeatTaskSql = `
UPDATE tasks SET ${renewLease('lease_seconds')}
WHERE organization_id = $1 AND id = $2 AND ${liveClaim('$3', '$4')}
RETURNING ${renewedClaim('tasks')}`;
