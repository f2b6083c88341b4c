import { openDatabase } from '@dispatcher/database/database.ts';
import { createKey } from '@dispatcher/key/create-key.ts';
import { createLog } from '@dispatcher/kit/log.ts';
import { composeServices } from '@dispatcher/local/compose.ts';
import { readLocalSettings } from '@dispatcher/local/config.ts';
import { useTopology } from '@dispatcher/processes/use-topology.ts';
import type { Pool } from 'pg';
import { asProcesses } from './config.ts';
import { useDatabase } from './use-database.ts';

/** All services and the gateway, on a database and ports of their own: in the process of the test, or with DISPATCHER_TEST_TOPOLOGY=processes each in its own. */
export interface TestServices extends AsyncDisposable {
  /** `http://127.0.0.1:<port>`; REST is below `/api/v1/dispatcher`. */
  readonly url: string;
  /** `127.0.0.1:<port>` of gRPC and Connect; the claim service's where each has its own. */
  readonly grpcAddress: string;
  readonly adminKey: string;
  /** To look behind the API. */
  readonly pool: Pool;
  /** Makes a key of an organization. */
  createKey(organizationId: string, scopes?: string[]): Promise<string>;
}

/** Starts everything for a test, with these settings over the defaults; dispose it at the end. */
export async function useServices(env: Record<string, string> = {}): Promise<TestServices> {
  if (asProcesses) return await useSeparateServices(env);
  await using resources = new AsyncDisposableStack();
  const { url: databaseUrl } = resources.use(await useDatabase());
  const database = resources.use(await openDatabase(databaseUrl));
  const adminKey = 'sk_admin_for_tests_only_0123456789abcdef';
  const settings = readLocalSettings({ PORT: '0', GRPC_PORT: '0', ...env });
  const services = resources.use(await composeServices({ settings, databaseUrl, adminKey, log: createLog('error') }));
  const running = resources.move();
  return {
    url: `http://127.0.0.1:${services.port}`,
    grpcAddress: `127.0.0.1:${services.grpcPort}`,
    adminKey,
    pool: database.pool,
    createKey: async (organizationId, scopes) => (await createKey(database, { organizationId, name: 'test', ...(scopes ? { scopes } : {}) })).key,
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  };
}

async function useSeparateServices(env: Record<string, string>): Promise<TestServices> {
  const topology = await useTopology({ env });
  return { ...topology, url: topology.urls[0] ?? '', grpcAddress: topology.services.claim[0]?.address ?? '' };
}
