import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { SettingsError } from '@dispatcher/kit/settings/settings.ts';
import { isLoopback, reachableHost } from './config.ts';

/** The addresses that a start wants to listen on, and the admin key of the setting. */
export interface WantedPorts {
  readonly host: string;
  /** By the names of their settings. */
  readonly ports: Readonly<Record<string, number>>;
  readonly adminKey: string | undefined;
}

/**
 * Throws an error with what to do when HOST is not an address of this machine, when others could reach it and no admin
 * key is set, or when a port is taken. Returns the address that the host stands for.
 */
export async function checkPorts({ host, ports, adminKey }: WantedPorts): Promise<string> {
  let address = host;
  for (const [setting, port] of Object.entries(ports)) address = await listenForAMoment(host, port, setting);
  // The settings already checked a HOST that is an address. A name is checked here.
  if (adminKey === undefined && !isLoopback(address)) throw hostFault(host, reachableHost);
  return address;
}

async function listenForAMoment(host: string, port: number, setting: string): Promise<string> {
  const server = createServer((socket) => socket.destroy());
  try {
    server.listen({ host, port });
    await once(server, 'listening');
    return (server.address() as AddressInfo).address;
  } catch (cause) {
    throw faultOf(cause, host, port, setting);
  } finally {
    server.close();
  }
}

function faultOf(cause: unknown, host: string, port: number, setting: string): Error {
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : '';
  switch (code) {
    case 'EADDRINUSE':
      return new Error(`Port ${port} is taken by another program. Stop it, or choose another port: ${setting}=${portBeside(port)} npm start`);
    case 'EACCES':
      return new Error(`This user may not listen on port ${port}. Choose another port: ${setting}=${port + 8_000} npm start`);
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return hostFault(host, `no host has this name. ${hostAdvice}`);
    case 'EADDRNOTAVAIL':
      return hostFault(host, `it is no address of this machine. ${hostAdvice}`);
    default:
      return new Error(`Cannot listen on ${host}:${port}: ${cause}. Check HOST and ${setting}.`, { cause });
  }
}

function portBeside(port: number): number {
  return port < 65_535 ? port + 1 : port - 1;
}

const hostAdvice = 'Leave it out to listen on this machine alone, or set 0.0.0.0 to listen on all its addresses';

function hostFault(host: string, rule: string): SettingsError {
  return new SettingsError([`HOST=${JSON.stringify(host)} is not allowed: ${rule}`]);
}
