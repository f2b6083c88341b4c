import type { Pool } from '@dispatcher/database/connection/pool.ts';
import { logEvents } from '@dispatcher/database/events/event-log.ts';
import type { RequestIdentity } from '@dispatcher/database/events/idempotency.ts';
import { isLive } from './live-claim.ts';

/** A claim whose caller did not receive it. */
export interface UnheardClaim {
  readonly organizationId: string;
  readonly taskId: string;
  readonly claimToken: string;
}

/**
 * Takes back a claim that its caller never received. The attempt does not count, and the idempotency key is free again.
 * It does nothing after a heartbeat or a repeat under the idempotency key, because they show that the caller has the
 * claim. False when there is no such claim.
 */
export async function returnClaim(pool: Pool, [caller]: RequestIdentity, { organizationId, taskId, claimToken }: UnheardClaim): Promise<boolean> {
  const { rowCount } = await pool.query({
    name: 'return-claim',
    text: returnClaimSql,
    values: [caller, null, null, organizationId, taskId, claimToken],
  });
  return rowCount === 1;
}

const notes = 'The caller had left before it got the answer.';

/** Exported for the test of its plan. */
export const returnClaimSql = `
WITH returned AS (
  UPDATE tasks SET status = 'pending', attempts = attempts - 1
  WHERE organization_id = $4 AND id = $5 AND ${isLive} AND claim_token = $6::text
    AND last_heartbeat_at = claimed_at
  RETURNING *
),
freed AS (
  UPDATE task_events e SET idempotency_key = NULL
  FROM returned r WHERE e.organization_id = r.organization_id AND e.task_id = r.id AND e.type = 'task.claimed' AND e.claim_token = $6::text
),
${logEvents(
  `SELECT *, 'task.released' AS type, agent AS actor, 'claimed' AS status_before, owner AS owner_before, layer AS layer_before,
    claim_token AS event_token FROM returned`,
  { releaseReason: "'not_started'", notes: `'${notes}'`, availableAt: 'available_at' },
  'attempts + 1',
)}
SELECT id FROM returned`;
