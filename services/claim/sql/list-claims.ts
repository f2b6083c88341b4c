import type { Pool } from '@dispatcher/database/connection/pool.ts';
import type { PageWanted } from '@dispatcher/database/page.ts';
import type { ClaimRow } from '@dispatcher/database/tasks/task-message.ts';

/** A live claim, and its position in the list to the microsecond. */
export interface ListedClaim extends ClaimRow {
  claimedAtMicros: string;
}

/**
 * Reads live claims, oldest first, one more than the page has. Uses the index `tasks_claimed` and tests the lease on
 * the rows: an index with the end of the lease would have to change at each heartbeat.
 */
export async function listClaims(pool: Pool, organizationId: string | null, agent: string | null, page: PageWanted): Promise<ListedClaim[]> {
  const [claimedAt = null, organization = null, id = null] = page.after ?? [];
  const values = [organizationId, agent, claimedAt, organization, id, page.limit + 1, page.offset];
  const { rows } = await pool.query<ListedClaim>({ name: `list-claims ${organizationId !== null}`, text: sql(organizationId !== null), values });
  return rows;
}

const micros = '(extract(epoch FROM claimed_at) * 1000000)::bigint';

const sql = (oneOrganization: boolean) => `
SELECT organization_id AS "organizationId", id, agent, attempts, claimed_at AS "claimedAt", last_heartbeat_at AS "lastHeartbeatAt",
  expires_at AS "expiresAt", ${micros}::text AS "claimedAtMicros"
FROM tasks
WHERE status = 'claimed' AND expires_at > clock_timestamp() AND ${oneOrganization ? 'organization_id = $1' : '$1::text IS NULL'}
  AND ($2::text IS NULL OR agent = $2)
  AND ($3::bigint IS NULL OR (${micros}, organization_id, id) > ($3::bigint, $4::text, $5::text))
ORDER BY claimed_at, organization_id, id LIMIT $6 OFFSET $7`;
