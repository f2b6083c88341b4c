import { patientOptions } from '../connection/connection-options.ts';
import { connectOrm } from '../connection/orm.ts';
import { migrations } from './index.ts';

/** The advisory lock under which processes migrate one by one when they start at the same time. */
const migrationLock = 7_100_001;

/**
 * Brings the database at `url` to the newest schema. Several processes may call it at once. When the schema is up to
 * date, it does nothing. When `giveUp` fires, it fails and changes nothing.
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
