import { findNatsServer } from '@dispatcher/processes/nats-server.ts';
import { useDatabase } from '../harness/use-database.ts';
import { startTestTopology, type TestTopology } from './test-topology.ts';
import type { TopologyOptions } from './topology.ts';

/** Whether this machine has the NATS server that a topology needs. */
export const canRunTopology: boolean = findNatsServer('/usr/bin:/bin') !== undefined;

/** Starts a topology on its own database, for one test. Dispose it at the end. */
export async function useTopology(options: Partial<TopologyOptions> = {}): Promise<TestTopology> {
  await using resources = new AsyncDisposableStack();
  const { url } = resources.use(await useDatabase());
  const topology = resources.use(await startTestTopology(url, options));
  const running = resources.move();
  return { ...topology, [Symbol.asyncDispose]: () => running.disposeAsync() };
}
