import type { TestProject } from 'vitest/node';
import { createTestDatabase } from '../harness/test-database.ts';
import { startTestTopology } from '../topology/test-topology.ts';

declare module 'vitest' {
  /** What the test run hands to every test file. */
  interface ProvidedContext {
    /**
     * Services and a gateway as processes of their own, that all tests of a run against separate processes share.
     * Without it all runs in the process of the test.
     */
    topology?: SharedTopology;
  }
}

/** Where it is. */
export interface SharedTopology {
  /** Of the gateway. */
  readonly url: string;
  /** Where each service speaks gRPC, by its name in the contract. */
  readonly grpcAddresses: Readonly<Record<string, string>>;
  readonly adminKey: string;
  readonly databaseUrl: string;
}

/** Starts it for the whole test run. */
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
