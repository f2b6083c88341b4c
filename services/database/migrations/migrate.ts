import { patientOptions } from '../connection/connection-options.ts';
import { connectOrm } from '../connection/orm.ts';
import { migrations } from './index.ts';

/** Names the lock that two processes which start at once take turns under. */
const migrationLock = 7_100_001;

/**
 * Brings the database at `url` to the newest schema. Safe when several start at once; does nothing when there is
 * nothing to do. When `giveUp` fires, it fails and nothing is changed.
 */
export async function migrate(url: string, giveUp?: AbortSignal): Promise<void> {
  await using orm = await connectOrm(url, {
    migrations: { migrationsList: migrations, silent: true, snapshot: false },
    pool: { min: 0, max: 2 },
    driverOptions: patientOptions(url, giveUp),
  });
  await orm.em.transactional(async (em) => {
    await em.execute('SELECT pg_advisory_xact_lock(?)', [migrationLock]);
    await orm.migrator.up();
  });
}
