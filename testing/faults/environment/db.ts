import pg from 'pg';

/** Reads the database directly, past the API. It connects again after the database was down. */
export interface Db extends AsyncDisposable {
  query<T extends object>(sql: string, values?: unknown[]): Promise<T[]>;
  /** A connection for a transaction. Dispose it to give it back. */
  connect(): Promise<pg.PoolClient>;
}

/** Connects to the database at `url` on first use. */
export function openDb(url: string): Db {
  const pool = new pg.Pool({ connectionString: url, max: 6, connectionTimeoutMillis: 3_000, statement_timeout: 30_000 });
  // When an idle connection breaks, the next query replaces it.
  pool.on('error', () => undefined);
  return {
    query: async <T extends object>(sql: string, values: unknown[] = []) => (await pool.query<T>(sql, values)).rows,
    connect: () => pool.connect(),
    [Symbol.asyncDispose]: () => pool.end(),
  };
}
