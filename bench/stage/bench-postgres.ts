import { migrate } from '@dispatcher/database/migrations/migrate.ts';
import { createLog } from '@dispatcher/kit/telemetry/log.ts';
import { startEmbeddedPostgres } from '@dispatcher/local/postgres/embedded-postgres.ts';
import { databaseUrl } from '@dispatcher/testing/harness/test-database.ts';
import { type CpuClock, cpuOfTree } from '../measure/cpu.ts';
import { openPool } from './open-pool.ts';

/** The PostgreSQL for all measurements: the one of `npm start`, with its own settings. */
export interface BenchPostgres extends AsyncDisposable {
  readonly version: string;
  readonly cpu: CpuClock;
  /** The url of a new empty database. Its name begins with this text. */
  createDatabase(name: string): Promise<string>;
  /** The url of a new database with Dispatcher's schema. */
  createMigrated(name: string): Promise<string>;
}

/** Starts PostgreSQL on a folder. */
export async function startBenchPostgres(folder: string): Promise<BenchPostgres> {
  await using resources = new AsyncDisposableStack();
  const { url } = resources.use(await startEmbeddedPostgres({ dataDir: folder, log: createLog('warn') }));
  const pool = resources.adopt(openPool(url), (each) => each.end());
  const { rows } = await pool.query<{ version: string; pid: string }>(
    `SELECT current_setting('server_version') AS version, split_part(pg_read_file('postmaster.pid'), E'\\n', 1) AS pid`,
  );
  const [server = { version: 'unknown', pid: '0' }] = rows;
  let databases = 0;
  const createDatabase = async (name: string) => {
    databases += 1;
    const full = `${name}_${databases}`;
    await pool.query(`CREATE DATABASE ${full}`);
    return databaseUrl(url, full);
  };
  const running = resources.move();
  return {
    version: server.version,
    cpu: cpuOfTree(Number(server.pid)),
    createDatabase,
    async createMigrated(name) {
      const created = await createDatabase(name);
      await migrate(created);
      return created;
    },
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  };
}
