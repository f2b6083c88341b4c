import type { Pool } from '@dispatcher/database/connection/pool.ts';

/** Reads the newest position that an event has. 0 before the first event. */
export async function newestPosition(pool: Pool): Promise<number> {
  const { rows } = await pool.query<{ position: string }>({ name: 'newest-position', text: 'SELECT position FROM relay_state' });
  return Number(rows[0]?.position ?? 0);
}
