import pg, { type PoolClient, type QueryConfig, type QueryResult, type QueryResultRow } from 'pg';
import { poolOptions } from './connection-options.ts';
import { leavesConnection } from './errors.ts';

/**
 * The connections of the hot statements. A statement that fails leaves its connection open: a refusal must not cost
 * more than a success, and the pool of the driver closes the connection after any error.
 */
export class Pool {
  readonly #pool: pg.Pool;

  /** Its connections break when `giveUp` fires. */
  constructor(url: string, size: number, giveUp?: AbortSignal) {
    this.#pool = new pg.Pool({ ...poolOptions(url, giveUp), max: size });
    // A connection that breaks while idle is replaced at the next statement; without a listener it would end the
    // process.
    this.#pool.on('error', ignore);
  }

  /** Runs one statement on a connection of its own. Rejects when none gets free in time. */
  async query<Row extends QueryResultRow = QueryResultRow>(statement: string | QueryConfig, values?: unknown[]): Promise<QueryResult<Row>> {
    const client = await this.#pool.connect();
    // A connection that breaks says so besides failing its statement.
    client.on('error', ignore);
    try {
      const result = await client.query<Row>(statement, values);
      release(client, false);
      return result;
    } catch (thrown) {
      release(client, !leavesConnection(thrown));
      throw thrown;
    }
  }

  /** Takes a connection for a transaction; whoever takes it must release it. */
  connect(): Promise<PoolClient> {
    return this.#pool.connect();
  }

  /** Closes the connections when their statements have ended. */
  end(): Promise<void> {
    return this.#pool.end();
  }
}

function release(client: PoolClient, isBroken: boolean): void {
  client.off('error', ignore);
  client.release(isBroken);
}

const ignore = () => undefined;
