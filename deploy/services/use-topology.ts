import { openDatabase } from '@dispatcher/database/database.ts';
import { createKey } from '@dispatcher/key/create-key.ts';
import { freePort } from '@dispatcher/test/free-port.ts';
import { useDatabase } from '@dispatcher/test/use-database.ts';
import type { Pool } from 'pg';
import { createNatsServer, findNatsServer } from './nats-server.ts';
import { startTopology, type Topology, type TopologyOptions } from './topology.ts';

/** A topology on a database and a NATS of its own, for a test. */
export interface TestTopology extends Topology {
  /** Of each gateway: `http://127.0.0.1:<port>`. */
  readonly urls: readonly string[];
  readonly adminKey: string;
  readonly pool: Pool;
  /** Makes a key of an organization. */
  createKey(organizationId: string, scopes?: string[]): Promise<string>;
}

/** Whether this machine has the NATS server that it takes. */
export const canRunTopology: boolean = findNatsServer('/usr/bin:/bin') !== undefined;

/** Starts it; dispose it at the end. */
export async function useTopology({ copies = 1, env = {}, via }: Partial<TopologyOptions> = {}): Promise<TestTopology> {
  await using resources = new AsyncDisposableStack();
  const { url: databaseUrl } = resources.use(await useDatabase());
  const database = resources.use(await openDatabase(databaseUrl));
  const nats = resources.use(createNatsServer(await freePort(), '/usr/bin:/bin', () => undefined));
  await nats.start();
  const adminKey = 'sk_admin_for_tests_only_0123456789abcdef';
  const settings = { DATABASE_URL: databaseUrl, NATS_URL: `nats://${nats.address}`, DISPATCHER_API_KEY: adminKey, LOG_LEVEL: 'warn', ...env };
  const topology = resources.use(await startTopology({ copies, env: settings, ...(via ? { via } : {}) }));
  const running = resources.move();
  return {
    ...topology,
    urls: topology.gateways.map(({ address }) => `http://${address}`),
    adminKey,
    pool: database.pool,
    createKey: async (organizationId, scopes) => (await createKey(database, { organizationId, name: 'test', ...(scopes ? { scopes } : {}) })).key,
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  };
}
