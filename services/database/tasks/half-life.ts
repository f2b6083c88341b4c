import { patientTransaction } from '../connection/patient-transaction.ts';

/**
 * Sets the half-life of all scores to `days`. When the value changes, all ranks are computed again in one transaction,
 * under a lock on the setting. When `giveUp` fires, it fails and changes nothing.
 */
export async function applyHalfLife(url: string, days: number, giveUp?: AbortSignal): Promise<void> {
  await patientTransaction(
    url,
    async (client) => {
      const { rowCount } = await client.query('UPDATE settings SET half_life_days = $1 WHERE half_life_days <> $1', [days]);
      if (!rowCount) return;
      // A task that is written meanwhile would get a rank by the old half-life.
      await client.query('LOCK TABLE tasks IN SHARE ROW EXCLUSIVE MODE');
      await client.query('UPDATE tasks SET rank = task_rank(score, updated_at)');
    },
    giveUp,
  );
}
