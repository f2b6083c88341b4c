import type { Pool } from '@dispatcher/database/connection/pool.ts';

/** The positions that can be read: from `oldest` to `newest`. When there are none, `oldest` is the next position. */
export async function keptPositions(pool: Pool): Promise<{ oldest: number; newest: number }> {
  const { rows } = await pool.query<{ oldest: string; newest: string }>({ name: 'kept-positions', text: sql });
  return { oldest: Number(rows[0]?.oldest ?? 1), newest: Number(rows[0]?.newest ?? 0) };
}

const sql = `SELECT coalesce((SELECT min(position) FROM event_positions), position + 1) AS oldest, position AS newest FROM relay_state`;
