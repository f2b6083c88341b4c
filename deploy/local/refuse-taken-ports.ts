import { once } from 'node:events';
import { createServer } from 'node:net';
import type { LocalSettings } from './config.ts';

/** Throws with what to do when a port is taken, before anything is started. */
export async function refuseTakenPorts({ host, port, grpcPort }: LocalSettings): Promise<void> {
  await refuseTakenPort(host, port, 'PORT');
  await refuseTakenPort(host, grpcPort, 'GRPC_PORT');
}

async function refuseTakenPort(host: string, port: number, setting: string): Promise<void> {
  const server = createServer();
  try {
    server.listen({ host, port });
    await once(server, 'listening');
  } catch (cause) {
    throw new Error(reasonFor(cause, host, port, setting), { cause });
  } finally {
    server.close();
  }
}

function reasonFor(cause: unknown, host: string, port: number, setting: string): string {
  const code = cause instanceof Error && 'code' in cause ? cause.code : undefined;
  if (code === 'EADDRINUSE') return `Port ${port} is taken by another program. Stop it, or choose another port: ${setting}=${port + 1} npm start`;
  if (code === 'EACCES') return `Port ${port} is not ours to open. Choose another port: ${setting}=${port + 10_000} npm start`;
  return `Cannot listen on ${host}:${port}: ${cause}. Check HOST and ${setting}.`;
}
