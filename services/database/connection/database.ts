import type { MikroORM } from '@mikro-orm/postgresql';
import { IdempotencyKeys } from '../events/idempotency.ts';
import { connectOrm } from './orm.ts';
import { Pool } from './pool.ts';

/** A connected database: the ORM for plain reads and writes, the pool for the hot statements in `sql/`. */
export interface Database extends AsyncDisposable {
  readonly orm: MikroORM;
  readonly pool: Pool;
  readonly idempotencyKeys: IdempotencyKeys;
}

/** Connections for hot statements. Few, since more connections than cores only take turns: on two cores 4 to 8 were fastest. */
const poolSize = 8;

/** Connects to a database that has been migrated. */
export async function openDatabase(url: string): Promise<Database> {
  const orm = await connectOrm(url);
  const pool = new Pool(url, poolSize);
  return {
    orm,
    pool,
    idempotencyKeys: new IdempotencyKeys(pool),
    async [Symbol.asyncDispose]() {
      await Promise.all([orm.close(), pool.end()]);
    },
  };
}
