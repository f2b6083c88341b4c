import { freePorts } from '@dispatcher/processes/free-ports.ts';
import type { ManagedProcess } from '@dispatcher/processes/managed-process.ts';
import { createNatsServer } from '@dispatcher/processes/nats-server.ts';

/** A cluster of three NATS servers. Disposing it stops them. */
export interface NatsCluster extends AsyncDisposable {
  readonly servers: readonly ManagedProcess[];
  /** The addresses of all three servers, in the form of `NATS_URL`. */
  readonly url: string;
}

/** Starts them on free ports. `path` is where to look for programs. */
export async function startNatsCluster(path: string): Promise<NatsCluster> {
  await using resources = new AsyncDisposableStack();
  const [ports, routePorts] = [await freePorts(3), await freePorts(3)];
  const routes = routePorts.map((port) => `nats://127.0.0.1:${port}`).join(',');
  const clustered = (index: number) => ['--cluster_name', 'test', '--cluster', `nats://127.0.0.1:${routePorts[index]}`, '--routes', routes];
  const servers = ports.map((port, index) => resources.use(createNatsServer(port, path, () => undefined, clustered(index))));
  await Promise.all(servers.map((server) => server.start()));
  const running = resources.move();
  return {
    servers,
    url: servers.map(({ address }) => `nats://${address}`).join(','),
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  };
}
