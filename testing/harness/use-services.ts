import { openDatabase } from '@dispatcher/database/connection/database.ts';
import type { Pool } from '@dispatcher/database/connection/pool.ts';
import { createLog } from '@dispatcher/kit/telemetry/log.ts';
import { readLocalSettings } from '@dispatcher/local/config.ts';
import { startInOneProcess } from '@dispatcher/local/one-process.ts';
import { inject } from 'vitest';
import type { SharedTopology } from '../runner/start-topology.ts';
import { createKeyIn, type TestTopology } from '../topology/test-topology.ts';
import { useTopology } from '../topology/use-topology.ts';
import { useDatabase } from './use-database.ts';

/**
 * All services and the gateway. They run in the test's process, or each in its own process when the test run has
 * started them so.
 */
export interface TestServices extends AsyncDisposable {
  /** `http://127.0.0.1:<port>`. REST is below `/api/v1/dispatcher`. */
  readonly url: string;
  /** `127.0.0.1:<port>`, the gRPC and Connect address of a service, by its name in the contract. */
  grpcAddressOf(service: string): string;
  readonly adminKey: string;
  /** The database, for looking past the API. */
  readonly pool: Pool;
  /** Creates a key of an organization. */
  createKey(organizationId: string, scopes?: string[]): Promise<string>;
  /** The separate processes, if there are any and no other test uses them. */
  readonly topology: TestTopology | null;
}

/** How to start them. */
export interface ServicesOptions {
  /** Settings that override the defaults. */
  settings?: Readonly<Record<string, string>>;
  /**
   * No other test uses them at the same time. For tests that look at all organizations or at the processes. Always true
   * in the test's own process, and with `settings`.
   */
  alone?: boolean;
}

/** Starts the system for a test. Dispose it at the end. */
export async function useServices({ settings, alone = settings !== undefined }: ServicesOptions = {}): Promise<TestServices> {
  const shared = inject('topology');
  if (!shared) return await useOneProcess(settings);
  return alone ? await useSeparateProcesses(settings) : await useSharedProcesses(shared);
}

async function useOneProcess(settings: Readonly<Record<string, string>> = {}): Promise<TestServices> {
  await using resources = new AsyncDisposableStack();
  const { url: databaseUrl } = resources.use(await useDatabase());
  const database = resources.use(await openDatabase(databaseUrl));
  const adminKey = 'sk_admin_for_tests_only_0123456789abcdef';
  const options = { settings: readLocalSettings({ PORT: '0', GRPC_PORT: '0', ...settings }), databaseUrl, adminKey, log: createLog('error') };
  const services = resources.use(await startInOneProcess(options));
  const running = resources.move();
  return {
    url: `http://127.0.0.1:${services.port}`,
    grpcAddressOf: () => `127.0.0.1:${services.grpcPort}`,
    adminKey,
    pool: database.pool,
    createKey: createKeyIn(database),
    topology: null,
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  };
}

async function useSeparateProcesses(env: Readonly<Record<string, string>> = {}): Promise<TestServices> {
  const topology = await useTopology({ env });
  return { ...topology, topology, url: topology.urls[0] ?? '', grpcAddressOf: (service) => topology.grpcAddresses[service] ?? '' };
}

async function useSharedProcesses({ url, grpcAddresses, adminKey, databaseUrl }: SharedTopology): Promise<TestServices> {
  const database = await openDatabase(databaseUrl);
  return {
    url,
    grpcAddressOf: (service) => grpcAddresses[service] ?? '',
    adminKey,
    pool: database.pool,
    createKey: createKeyIn(database),
    topology: null,
    [Symbol.asyncDispose]: () => database[Symbol.asyncDispose](),
  };
}
