import type { Pool, PoolClient } from 'pg';

/**
 * Returns connections that broke during a transaction to the pool of the ORM. The ORM sends a rollback over a broken
 * connection. When that fails, it never returns the connection (Kysely 0.29, `ControlledTransaction.rollback`). Four
 * such breaks would leave the pool without a connection, and closing the pool would never end.
 */
export function returnBrokenConnections(pool: Pool): void {
  const inUse = new Set<PoolClient>();
  pool.on('acquire', (client) => inUse.add(client));
  pool.on('release', (_error, client) => inUse.delete(client));
  pool.on('connect', (client) => {
    client.once('end', () => {
      if (!inUse.has(client)) return;
      client.release(true);
      // A later attempt to return it does nothing.
      client.release = () => undefined;
    });
  });
}
