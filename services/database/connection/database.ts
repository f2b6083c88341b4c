import { setMaxListeners } from 'node:events';
import type { MikroORM } from '@mikro-orm/postgresql';
import { IdempotencyKeys } from '../events/idempotency.ts';
import { Turns } from '../events/turns.ts';
import { connectionOptions, statementTimeoutMs } from './connection-options.ts';
import { connectOrm } from './orm.ts';
import { Pool } from './pool.ts';

/** A connected database: the ORM for plain reads and writes, and the pool for the hot statements in `sql/`. */
export interface Database extends AsyncDisposable {
  readonly orm: MikroORM;
  readonly pool: Pool;
  readonly idempotencyKeys: IdempotencyKeys;
  /** Changes of dependencies run one at a time in each organization, so that only one of them holds a connection. */
  readonly dependencyTurns: Turns;
}

/**
 * The number of connections for hot statements. It is small, because more connections than cores only wait for each
 * other. On two cores, 4 to 8 were fastest.
 */
const poolSize = 8;

/**
 * Connects to a database that has been migrated. After `stopping` fires, running statements may use the longest time
 * that a statement may take. Then the connections break, so that the process ends even when the server hangs.
 */
export async function openDatabase(url: string, stopping?: AbortSignal): Promise<Database> {
  const giveUp = stopping && laterThan(stopping, statementTimeoutMs);
  const orm = await connectOrm(url, { driverOptions: connectionOptions(url, giveUp) });
  const pool = new Pool(url, poolSize, giveUp);
  return {
    orm,
    pool,
    idempotencyKeys: new IdempotencyKeys(pool),
    dependencyTurns: new Turns(),
    async [Symbol.asyncDispose]() {
      await Promise.all([orm.close(), pool.end()]);
    },
  };
}

/** Returns a signal that fires `ms` after `signal`. */
function laterThan(signal: AbortSignal, ms: number): AbortSignal {
  const late = new AbortController();
  // Each connection adds a listener.
  setMaxListeners(0, late.signal);
  signal.addEventListener('abort', () => setTimeout(() => late.abort(), ms).unref(), { once: true });
  return late.signal;
}
