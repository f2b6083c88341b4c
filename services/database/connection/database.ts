import type { MikroORM } from '@mikro-orm/postgresql';
import type { Pool } from 'pg';
import { createPool } from './connection-options.ts';
import { connectOrm } from './orm.ts';

/** A connected database: the ORM for plain reads and writes, the pool for the hot statements in `sql/`. */
export interface Database extends AsyncDisposable {
  readonly orm: MikroORM;
  readonly pool: Pool;
}

/** Connections for hot statements; on two cores 4 to 8 were fastest. */
const poolSize = 8;

/** Connects to a database that has been migrated. */
export async function openDatabase(url: string): Promise<Database> {
  const orm = await connectOrm(url);
  const pool = createPool(url, poolSize);
  return {
    orm,
    pool,
    async [Symbol.asyncDispose]() {
      await Promise.all([orm.close(), pool.end()]);
    },
  };
}
