import pg from 'pg';

/** A look behind the API, over connections that are made again after the database was away. */
export interface Db extends AsyncDisposable {
  query<T extends object>(sql: string, values?: unknown[]): Promise<T[]>;
  /** A connection for a transaction; dispose it to give it back. */
  connect(): Promise<pg.PoolClient>;
}

/** Connects to the database at `url` when first asked. */
export function openDb(url: string): Db {
  const pool = new pg.Pool({ connectionString: url, max: 6, connectionTimeoutMillis: 3_000, statement_timeout: 30_000 });
  // A connection that breaks while idle is replaced at the next query.
  pool.on('error', () => undefined);
  return {
    query: async <T extends object>(sql: string, values: unknown[] = []) => (await pool.query<T>(sql, values)).rows,
    connect: () => pool.connect(),
    [Symbol.asyncDispose]: () => pool.end(),
  };
}
