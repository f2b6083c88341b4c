import type { TestProject } from 'vitest/node';
import { createTestDatabase } from '../harness/test-database.ts';
import { startTestTopology } from '../topology/test-topology.ts';

declare module 'vitest' {
  /** Values that the test run provides to every test file. */
  interface ProvidedContext {
    /**
     * Services and a gateway as separate processes, shared by all tests of a run against separate processes. Without
     * it, each test runs everything in its own process.
     */
    topology?: SharedTopology;
  }
}

/** The addresses of the running processes. */
export interface SharedTopology {
  /** The address of the gateway. */
  readonly url: string;
  /** The gRPC address of each service, by its name in the contract. */
  readonly grpcAddresses: Readonly<Record<string, string>>;
  readonly adminKey: string;
  readonly databaseUrl: string;
}

/** Starts the processes for the whole test run. */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  await using resources = new AsyncDisposableStack();
  const database = resources.use(await createTestDatabase(project.getProvidedContext().postgresUrl));
  const topology = resources.use(await startTestTopology(database.url));
  const {
    urls: [url = ''],
    grpcAddresses,
    adminKey,
  } = topology;
  project.provide('topology', { url, grpcAddresses, adminKey, databaseUrl: database.url });
  const started = resources.move();
  return () => started.disposeAsync();
}
