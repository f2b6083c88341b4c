import type { Pool, PoolClient } from 'pg';

/**
 * Gives connections back to the pool of the ORM that broke during a transaction. The ORM sends a rollback over them,
 * and when that fails it keeps them for ever (Kysely 0.29, `ControlledTransaction.rollback`): four such breaks would
 * leave the pool without a connection, and closing it would never end.
 */
export function returnBrokenConnections(pool: Pool): void {
  const inUse = new Set<PoolClient>();
  pool.on('acquire', (client) => inUse.add(client));
  pool.on('release', (_error, client) => inUse.delete(client));
  pool.on('connect', (client) => {
    client.once('end', () => {
      if (!inUse.has(client)) return;
      client.release(true);
      // Who gives it back later finds it done.
      client.release = () => undefined;
    });
  });
}
