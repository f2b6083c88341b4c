import type { Pool } from '@dispatcher/database/connection/pool.ts';
import { eventColumns, type NumberedEvent } from './event-columns.ts';

/** The number of events that a replay reads from the log at once. */
export const pageSize = 500;

/**
 * Reads the events after one position up to another. Uses the primary key of event_positions, or its index by
 * organization.
 */
export async function readEvents(pool: Pool, after: number, upTo: number, organizationId: string | null): Promise<NumberedEvent[]> {
  const name = organizationId === null ? 'read-events' : 'read-events-of-organization';
  const values = [after, upTo, pageSize, ...(organizationId === null ? [] : [organizationId])];
  const { rows } = await pool.query<NumberedEvent>({ name, text: sql(organizationId !== null), values });
  return rows;
}

const sql = (ofOrganization: boolean) => `
SELECT ${eventColumns('e', 'p')} FROM (
  SELECT position, event_id FROM event_positions WHERE position > $1 AND position <= $2 ${ofOrganization ? 'AND organization_id = $4' : ''}
  ORDER BY position LIMIT $3
) AS p CROSS JOIN LATERAL (SELECT * FROM task_events WHERE id = p.event_id OFFSET 0) AS e
ORDER BY p.position`;
