import type { Pool } from '@dispatcher/database/connection/pool.ts';

/** Which events a stream wants. */
export interface StreamFilter {
  /** Null for the events of all organizations. */
  readonly organizationId: string | null;
  /** Empty for all types. */
  readonly types: readonly string[];
}

/** Where a stream can resume: at `forgotten` or later, and not after `newest`. */
export interface KeptPositions {
  /** The newest event of the stream that is no longer kept. 0 when all of its events are kept. */
  readonly forgotten: number;
  /** The newest position of all. */
  readonly newest: number;
}

/**
 * Reads where a stream with this filter can resume. It reads the few rows of one organization by the primary key of
 * `forgotten_positions`, or for all organizations the newest row by its index.
 */
export async function keptPositions(pool: Pool, { organizationId, types }: StreamFilter): Promise<KeptPositions> {
  const values = [...(organizationId === null ? [] : [organizationId]), ...(types.length === 0 ? [] : [types])];
  const name = `kept-positions${organizationId === null ? '' : '-of-organization'}${types.length === 0 ? '' : '-of-types'}`;
  const { rows } = await pool.query<{ forgotten: string; newest: string }>({ name, text: sql(organizationId !== null, types.length > 0), values });
  return { forgotten: Number(rows[0]?.forgotten ?? 0), newest: Number(rows[0]?.newest ?? 0) };
}

function sql(ofOrganization: boolean, ofTypes: boolean): string {
  const conditions = [...(ofOrganization ? ['organization_id = $1'] : []), ...(ofTypes ? [`type = ANY ($${ofOrganization ? 2 : 1}::text[])`] : [])];
  const where = conditions.length === 0 ? '' : `WHERE ${conditions.join(' AND ')}`;
  return `SELECT coalesce((SELECT max(position) FROM forgotten_positions ${where}), 0) AS forgotten, position AS newest FROM relay_state`;
}
