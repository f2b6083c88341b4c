import { setMaxListeners } from 'node:events';
import type { MikroORM } from '@mikro-orm/postgresql';
import { IdempotencyKeys } from '../events/idempotency.ts';
import { connectionOptions, statementTimeoutMs } from './connection-options.ts';
import { connectOrm } from './orm.ts';
import { Pool } from './pool.ts';

/** A connected database: the ORM for plain reads and writes, the pool for the hot statements in `sql/`. */
export interface Database extends AsyncDisposable {
  readonly orm: MikroORM;
  readonly pool: Pool;
  readonly idempotencyKeys: IdempotencyKeys;
}

/**
 * Connections for hot statements. Few, since more connections than cores only take turns: on two cores 4 to 8 were
 * fastest.
 */
const poolSize = 8;

/**
 * Connects to a database that has been migrated. Once `stopping` has fired, statements have as long as any statement
 * may take; then the connections break, so that a server that hangs cannot keep the process from ending.
 */
export async function openDatabase(url: string, stopping?: AbortSignal): Promise<Database> {
  const giveUp = stopping && laterThan(stopping, statementTimeoutMs);
  const orm = await connectOrm(url, { driverOptions: connectionOptions(url, giveUp) });
  const pool = new Pool(url, poolSize, giveUp);
  return {
    orm,
    pool,
    idempotencyKeys: new IdempotencyKeys(pool),
    async [Symbol.asyncDispose]() {
      await Promise.all([orm.close(), pool.end()]);
    },
  };
}

/** Fires so long after `signal`. */
function laterThan(signal: AbortSignal, ms: number): AbortSignal {
  const late = new AbortController();
  // Each connection listens.
  setMaxListeners(0, late.signal);
  signal.addEventListener('abort', () => setTimeout(() => late.abort(), ms).unref(), { once: true });
  return late.signal;
}
