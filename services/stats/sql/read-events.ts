import type { Pool } from 'pg';
import { eventColumns, type NumberedEvent } from './event-columns.ts';

/** A replay reads the log in pages of this size. */
export const pageSize = 500;

/** Reads events by position, after one and up to another, both known to exist or to be filtered out. Reads the primary key of event_positions, or its index by organization. */
export async function readEvents(pool: Pool, after: number, upTo: number, organizationId: string | null): Promise<NumberedEvent[]> {
  const name = organizationId === null ? 'read-events' : 'read-events-of-organization';
  const values = [after, upTo, pageSize, ...(organizationId === null ? [] : [organizationId])];
  const { rows } = await pool.query<NumberedEvent>({ name, text: sql(organizationId !== null), values });
  return rows;
}

const sql = (ofOrganization: boolean) => `
SELECT ${eventColumns} FROM event_positions p JOIN task_events e ON e.id = p.event_id
WHERE p.position > $1 AND p.position <= $2 ${ofOrganization ? 'AND p.organization_id = $4' : ''}
ORDER BY p.position LIMIT $3`;
