import { PgBoss } from 'pg-boss';
import { openPool } from '../../stage/open-pool.ts';
import type { Driver } from '../driver.ts';
import { newTask } from '../new-task.ts';

/** The only queue. */
export const queue = 'tasks';

/** pg-boss with its own defaults, without the timer of its cron jobs. */
export async function openPgBoss(connectionString: string): Promise<{ boss: PgBoss; prepare: NonNullable<Driver['prepare']> }> {
  const boss = new PgBoss({ connectionString, schedule: false });
  boss.on('error', (error) => console.error(error));
  await boss.start();
  await boss.createQueue(queue, { heartbeatSeconds: 1800 });
  const pool = openPool(connectionString);
  return {
    boss,
    async prepare(backlog) {
      const { rows } = await pool.query<{ waiting: number }>(
        `SELECT count(*)::integer AS waiting FROM pgboss.job WHERE name = $1 AND state < 'active'`,
        [queue],
      );
      const missing = Math.max(0, backlog - (rows[0]?.waiting ?? 0));
      for (let i = 0; i < missing; i += chunk) await boss.insert(queue, Array.from({ length: Math.min(chunk, missing - i) }, job));
      await pool.query('VACUUM (ANALYZE) pgboss.job');
    },
  };
}

const chunk = 5_000;

const job = () => ({ priority: Math.floor(Math.random() * 1000), data: newTask });
