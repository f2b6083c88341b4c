import { type Database, openDatabase } from '@dispatcher/database/connection/database.ts';
import type { Pool } from '@dispatcher/database/connection/pool.ts';
import { createKey } from '@dispatcher/key/create-key.ts';
import { createNatsServer } from '@dispatcher/processes/nats-server.ts';
import { ClaimService } from '@recursiv/proto/gen/dispatcher/v1/claim_pb.ts';
import { KeyService } from '@recursiv/proto/gen/dispatcher/v1/key_pb.ts';
import { StatsService } from '@recursiv/proto/gen/dispatcher/v1/stats_pb.ts';
import { TaskService } from '@recursiv/proto/gen/dispatcher/v1/task_pb.ts';
import { compileCache } from '../harness/config.ts';
import { freePort } from '../harness/free-port.ts';
import { startTopology, type Topology, type TopologyOptions } from './topology.ts';

/** A topology with its own NATS, for tests. */
export interface TestTopology extends Topology {
  /** The address of each gateway: `http://127.0.0.1:<port>`. */
  readonly urls: readonly string[];
  /** The gRPC address of a process of each service, by the name of the service in the contract. */
  readonly grpcAddresses: Readonly<Record<string, string>>;
  readonly adminKey: string;
  readonly pool: Pool;
  /** Creates a key of an organization. */
  createKey(organizationId: string, scopes?: string[]): Promise<string>;
}

/** Starts it on a migrated database. */
export async function startTestTopology(databaseUrl: string, { copies = 1, env = {}, via }: Partial<TopologyOptions> = {}): Promise<TestTopology> {
  await using resources = new AsyncDisposableStack();
  const database = resources.use(await openDatabase(databaseUrl));
  const nats = resources.use(createNatsServer(await freePort(), '/usr/bin:/bin', () => undefined));
  await nats.start();
  const adminKey = 'sk_admin_for_tests_only_0123456789abcdef';
  const settings = {
    ...compileCache(),
    DATABASE_URL: databaseUrl,
    NATS_URL: `nats://${nats.address}`,
    DISPATCHER_API_KEY: adminKey,
    DISPATCHER_ALLOW_UNSAFE_SERVER: 'true',
    LOG_LEVEL: 'warn',
    ...env,
  };
  const topology = resources.use(await startTopology({ copies, env: settings, ...(via ? { via } : {}) }));
  const running = resources.move();
  return {
    ...topology,
    urls: topology.gateways.map(({ address }) => `http://${address}`),
    grpcAddresses: grpcAddressesOf(topology),
    adminKey,
    pool: database.pool,
    createKey: createKeyIn(database),
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  };
}

/** Creates keys named `test` directly in the database. */
export const createKeyIn =
  (database: Database) =>
  async (organizationId: string, scopes?: string[]): Promise<string> =>
    (await createKey(database, { organizationId, name: 'test', ...(scopes ? { scopes } : {}) })).key;

function grpcAddressesOf({ services: { task, claim, stats, key } }: Topology): Record<string, string> {
  return {
    [TaskService.typeName]: task[0]?.address ?? '',
    [ClaimService.typeName]: claim[0]?.address ?? '',
    [StatsService.typeName]: stats[0]?.address ?? '',
    [KeyService.typeName]: key[0]?.address ?? '',
  };
}
