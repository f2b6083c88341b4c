import { patientTransaction } from '../connection/patient-transaction.ts';

/**
 * Makes `days` the half-life of every score. Where it was another, all ranks are computed anew, in one transaction
 * under a lock on the setting. When `giveUp` fires, it fails and nothing is changed.
 */
export async function applyHalfLife(url: string, days: number, giveUp?: AbortSignal): Promise<void> {
  await patientTransaction(
    url,
    async (client) => {
      const { rowCount } = await client.query('UPDATE settings SET half_life_days = $1 WHERE half_life_days <> $1', [days]);
      if (!rowCount) return;
      // Whoever writes a task meanwhile would rank it by the old half-life.
      await client.query('LOCK TABLE tasks IN SHARE ROW EXCLUSIVE MODE');
      await client.query('UPDATE tasks SET rank = task_rank(score, updated_at)');
    },
    giveUp,
  );
}
