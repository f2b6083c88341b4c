import { join } from 'node:path';
import { isServing } from '@dispatcher/kit/channel/health-check.ts';
import { Client, credentials } from '@grpc/grpc-js';
import { createManagedProcess, type ManagedProcess } from './managed-process.ts';

/** The services with their own process, by the names of their folders. */
export const serviceNames = ['task', 'claim', 'stats', 'key'] as const;

/** The name of one of these services. */
export type ServiceName = (typeof serviceNames)[number];

/** The address of a process, its settings, and where its output goes. */
export interface ProcessOptions {
  host: string;
  port: number;
  /** Settings by their names in the environment, and other variables of the environment. */
  env: NodeJS.ProcessEnv;
  onOutput?: (text: string) => void;
  /** The program to run instead of a gateway, with the same settings. */
  program?: string;
}

const root = join(import.meta.dirname, '../..');

/** A service in its own process. It is ready when it answers its health check. */
export function createServiceProcess(service: ServiceName, name: string, { host, port, env, onOutput }: ProcessOptions): ManagedProcess {
  const address = `${host}:${port}`;
  return createManagedProcess({
    name,
    address,
    command: process.execPath,
    args: [join(root, 'services', service, 'main.ts')],
    env: { ...env, HOST: host, GRPC_PORT: String(port) },
    onOutput,
    isReady: () => serves(address),
  });
}

/**
 * A gateway in its own process. It is ready when `/readyz` answers so. `addresses` has the addresses of the processes
 * of each service.
 */
export function createGatewayProcess(
  name: string,
  addresses: Readonly<Record<ServiceName, readonly string[]>>,
  { host, port, env, onOutput, program = join(root, 'gateway/main.ts') }: ProcessOptions,
): ManagedProcess {
  const services = serviceNames.map((service) => [`${service.toUpperCase()}_SERVICE_ADDRESSES`, addresses[service].join(',')]);
  const address = `${host}:${port}`;
  return createManagedProcess({
    name,
    address,
    command: process.execPath,
    args: [program],
    env: { ...env, ...Object.fromEntries(services), HOST: host, PORT: String(port) },
    onOutput,
    isReady: () => isReady(`http://${address}`),
  });
}

async function serves(address: string): Promise<boolean> {
  const client = new Client(address, credentials.createInsecure());
  try {
    return await isServing(client);
  } finally {
    client.close();
  }
}

async function isReady(url: string): Promise<boolean> {
  return await fetch(`${url}/readyz`, { signal: AbortSignal.timeout(5_000), headers: { connection: 'close' } }).then(
    async (response) => {
      await response.arrayBuffer();
      return response.ok;
    },
    () => false,
  );
}
