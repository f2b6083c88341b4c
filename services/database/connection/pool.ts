import { organizationAtWork } from '@dispatcher/kit/admission/on-behalf-of.ts';
import { Semaphore, type Turn } from '@dispatcher/kit/admission/semaphore.ts';
import { unavailable } from '@dispatcher/kit/serving/errors.ts';
import pg, { type PoolClient, type QueryConfig, type QueryResult, type QueryResultRow } from 'pg';
import { connectionTimeoutMs, poolOptions } from './connection-options.ts';
import { leavesConnection } from './errors.ts';

/** One of every eight connections is kept for an organization that has none. */
const keptPart = 8;

/** What runs a statement: the pool, or the connection of a transaction. */
export interface Connection {
  query<Row extends QueryResultRow>(statement: string | QueryConfig, values?: unknown[]): Promise<QueryResult<Row>>;
}

/**
 * The connections of the hot statements. The driver's own pool closes a connection after every error. This one leaves
 * it open after a failed statement, because a refusal must not cost more than a success.
 */
export class Pool {
  readonly #pool: pg.Pool;
  readonly #turns: Semaphore;

  /** When `giveUp` fires, the connections break. */
  constructor(url: string, size: number, giveUp?: AbortSignal) {
    this.#pool = new pg.Pool({ ...poolOptions(url, giveUp), max: size });
    // A connection that breaks while it is idle is replaced at the next statement. Without a listener its error event
    // would end the process.
    this.#pool.on('error', ignore);
    this.#turns = new Semaphore({ total: size, kept: Math.floor(size / keptPart) });
  }

  /**
   * Runs one statement on a free connection. Organizations take turns for the connections. Rejects when no connection
   * becomes free in time.
   */
  async query<Row extends QueryResultRow = QueryResultRow>(statement: string | QueryConfig, values?: unknown[]): Promise<QueryResult<Row>> {
    using _turn = this.#turns.tryTake(organizationAtWork()) ?? (await this.#wait());
    const client = await this.#pool.connect();
    // When a connection breaks, its statement fails and it also emits an error event.
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

  /** Runs `work` in one transaction on a free connection: committed when it resolves, rolled back when it rejects. */
  async transaction<T>(work: (connection: Connection) => Promise<T>): Promise<T> {
    using _turn = this.#turns.tryTake(organizationAtWork()) ?? (await this.#wait());
    const client = await this.#pool.connect();
    client.on('error', ignore);
    try {
      await client.query('BEGIN');
      const result = await work(client);
      await client.query('COMMIT');
      release(client, false);
      return result;
    } catch (thrown) {
      const isBroken = await client.query('ROLLBACK').then(
        () => false,
        () => true,
      );
      release(client, isBroken);
      throw thrown;
    }
  }

  async #wait(): Promise<Turn> {
    return await this.#turns.take(AbortSignal.timeout(connectionTimeoutMs), organizationAtWork()).catch((cause: unknown) => {
      throw unavailable('Too many requests wait for the database. Try again in a moment.', cause);
    });
  }

  /** Takes a connection. The caller must release it. */
  connect(): Promise<PoolClient> {
    return this.#pool.connect();
  }

  /** Closes the connections after their statements have ended. */
  end(): Promise<void> {
    return this.#pool.end();
  }
}

function release(client: PoolClient, isBroken: boolean): void {
  client.off('error', ignore);
  client.release(isBroken);
}

const ignore = () => undefined;
