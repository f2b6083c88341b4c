import type { Pool } from '@dispatcher/database/connection/pool.ts';

/** The ones of these ids that have no task in the organization, by the primary key. */
export async function unknownTasks(pool: Pool, organizationId: string, ids: readonly string[]): Promise<string[]> {
  const { rows } = await pool.query<{ id: string }>({ name: 'unknown-tasks', text: sql, values: [organizationId, ids] });
  return rows.map(({ id }) => id);
}

const sql = `
SELECT wanted.id FROM unnest($2::text[]) AS wanted (id)
WHERE NOT EXISTS (SELECT FROM tasks t WHERE t.organization_id = $1 AND t.id = wanted.id)`;
