import { freePorts } from '@dispatcher/processes/free-ports.ts';
import type { ManagedProcess } from '@dispatcher/processes/managed-process.ts';
import { createGatewayProcess, createServiceProcess, type ServiceName, serviceNames } from '@dispatcher/processes/processes.ts';

/** All services and gateways, each as its own process. Disposing it stops them, gateways first. */
export interface Topology extends AsyncDisposable {
  readonly services: Readonly<Record<ServiceName, readonly ManagedProcess[]>>;
  readonly gateways: readonly ManagedProcess[];
  /** The output of all of them. */
  output(): string;
}

/** What to run. */
export interface TopologyOptions {
  /** The number of processes of each service, and of gateways. */
  copies: number;
  /**
   * Settings for all processes: `DATABASE_URL`, `NATS_URL`, `DISPATCHER_API_KEY`, and every setting that differs from
   * its default.
   */
  env: Readonly<Record<string, string>>;
  /** Additional settings of single processes, by process name. */
  envOf?: (name: string) => Readonly<Record<string, string>>;
  /**
   * The address at which gateways reach a process, when it differs from where it listens, for example behind a proxy.
   */
  via?: (managed: ManagedProcess) => string | Promise<string>;
}

/** Starts them on free ports of 127.0.0.1 and a migrated database. */
export async function startTopology({ copies, env, envOf = () => ({}), via = ({ address }) => address }: TopologyOptions): Promise<Topology> {
  await using resources = new AsyncDisposableStack();
  let output = '';
  const ports = await freePorts(copies * (serviceNames.length + 1));
  const options = (name: string) => ({
    host: '127.0.0.1',
    port: ports.pop() ?? 0,
    env: { ...env, ...envOf(name) },
    onOutput: (text: string) => {
      output += text;
    },
  });
  const several = async (kind: string, create: (name: string) => ManagedProcess) => {
    const made = Array.from({ length: copies }, (_, copy) => create(`${kind}-${copy + 1}`));
    for (const each of made) resources.use(each);
    await Promise.all(made.map((each) => each.start()));
    return made;
  };
  const serve = (service: ServiceName) => several(service, (name) => createServiceProcess(service, name, options(name)));
  const [task, claim, stats, key] = await Promise.all([serve('task'), serve('claim'), serve('stats'), serve('key')]);
  const services = { task, claim, stats, key };
  const addressesOf = async (service: ServiceName) => await Promise.all(services[service].map(via));
  const addresses = {
    task: await addressesOf('task'),
    claim: await addressesOf('claim'),
    stats: await addressesOf('stats'),
    key: await addressesOf('key'),
  };
  const gateways = await several('gateway', (name) => createGatewayProcess(name, addresses, options(name)));
  const running = resources.move();
  return { services, gateways, output: () => output, [Symbol.asyncDispose]: () => running.disposeAsync() };
}

/** All processes of a topology, services first. */
export const processesOf = ({ services, gateways }: Topology): ManagedProcess[] => [
  ...serviceNames.flatMap((service) => services[service]),
  ...gateways,
];
