import type { ManagedProcess } from '@dispatcher/processes/managed-process.ts';
import { serviceNames } from '@dispatcher/processes/processes.ts';
import { startTcpProxy, type TcpProxy } from '../../topology/tcp-proxy.ts';
import { processesOf, startTopology, type Topology } from '../../topology/topology.ts';
import type { Clocks } from './clocks.ts';
import type { Node, WorldProcess } from './node.ts';

/** Processes of each service, and gateways. */
const copies = 2;

/** The names of the processes. */
export const servicesNames: readonly string[] = [...serviceNames, 'gateway'].flatMap((kind) =>
  Array.from({ length: copies }, (_, i) => `${kind}-${i + 1}`),
);

/** A network connection between processes that can fail. */
export interface Link {
  /** The two sides. Gateways and services have several connections between them. */
  readonly between: 'services and PostgreSQL' | 'services and NATS' | 'gateways and services';
  readonly proxy: TcpProxy;
}

/** Two processes of each service and two gateways, with a network between them that can fail. */
export interface Services extends AsyncDisposable {
  readonly nodes: [Node, ...Node[]];
  readonly processes: readonly WorldProcess[];
  readonly links: readonly Link[];
}

/** Starts them on a migrated database. `socketFolder` is the folder of the database's socket. */
export async function startServices({
  socketFolder,
  natsUrl,
  adminKey,
  clocks,
}: {
  socketFolder: string;
  natsUrl: string;
  adminKey: string;
  clocks: Clocks | null;
}): Promise<Services> {
  await using resources = new AsyncDisposableStack();
  const link = async (target: string) => resources.use(await startTcpProxy(target));
  const postgres = await link(`${socketFolder}/.s.PGSQL.5432`);
  const nats = await link(natsUrl.replace('nats://', ''));
  const ways: TcpProxy[] = [];
  const topology = resources.use(
    await startTopology({
      copies,
      env: {
        DATABASE_URL: `postgresql://dispatcher@127.0.0.1:${postgres.port}/dispatcher`,
        NATS_URL: `nats://127.0.0.1:${nats.port}`,
        DISPATCHER_API_KEY: adminKey,
        LOG_LEVEL: 'warn',
      },
      envOf: (name) => clocks?.envOf(name) ?? {},
      via: async ({ address }) => {
        const way = await link(address);
        ways.push(way);
        return `127.0.0.1:${way.port}`;
      },
    }),
  );
  const [first, ...others] = topology.gateways.map((gateway) => nodeFrom(gateway, topology));
  if (!first) throw new Error('there is no gateway');
  const processes = processesOf(topology);
  // Each restart tests a clean shutdown, so the end of a run does not wait for one.
  resources.defer(async () => void (await Promise.all(processes.map((each) => each.kill()))));
  const running = resources.move();
  return {
    nodes: [first, ...others],
    processes,
    links: [
      { between: 'services and PostgreSQL', proxy: postgres },
      { between: 'services and NATS', proxy: nats },
      ...ways.map((proxy): Link => ({ between: 'gateways and services', proxy })),
    ],
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  };
}

function nodeFrom(gateway: ManagedProcess, topology: Topology): Node {
  return {
    ...gateway,
    get pid() {
      return gateway.pid;
    },
    url: `http://${gateway.address}`,
    output: () => topology.output(),
  };
}
