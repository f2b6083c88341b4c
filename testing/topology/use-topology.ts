import { findNatsServer } from '@dispatcher/processes/nats-server.ts';
import { useDatabase } from '../harness/use-database.ts';
import { startTestTopology, type TestTopology } from './test-topology.ts';
import type { TopologyOptions } from './topology.ts';

/** Whether this machine has the NATS server that it takes. */
export const canRunTopology: boolean = findNatsServer('/usr/bin:/bin') !== undefined;

/** Starts a topology on a database of its own, for one test; dispose it at the end. */
export async function useTopology(options: Partial<TopologyOptions> = {}): Promise<TestTopology> {
  await using resources = new AsyncDisposableStack();
  const { url } = resources.use(await useDatabase());
  const topology = resources.use(await startTestTopology(url, options));
  const running = resources.move();
  return { ...topology, [Symbol.asyncDispose]: () => running.disposeAsync() };
}
