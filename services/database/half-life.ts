import type { Pool } from 'pg';

/** Makes `days` the half-life of every score. Where it was another, all ranks are computed anew, in one transaction under a lock on the setting. */
export async function applyHalfLife(pool: Pool, days: number): Promise<void> {
  const client = await pool.connect();
  try {
    await client.query('BEGIN');
    await client.query('SET LOCAL statement_timeout = 0');
    const { rowCount } = await client.query('UPDATE settings SET half_life_days = $1 WHERE half_life_days <> $1', [days]);
    if (rowCount) await client.query('UPDATE tasks SET rank = task_rank(score, updated_at)');
    await client.query('COMMIT');
  } catch (thrown) {
    await client.query('ROLLBACK').catch(() => undefined);
    throw thrown;
  } finally {
    client.release();
  }
}
