import type { Pool } from './connection/pool.ts';

/** The id of the installation that this database belongs to. */
export async function readInstallationId(pool: Pool): Promise<string> {
  const { rows } = await pool.query<{ id: string }>('SELECT installation_id AS id FROM settings');
  if (!rows[0]) throw new Error('The table settings has no row. Restore the database from a backup.');
  return rows[0].id;
}
