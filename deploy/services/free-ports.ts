import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';

/** Different ports of 127.0.0.1 that are free at this moment. */
export async function freePorts(count: number): Promise<number[]> {
  await using resources = new AsyncDisposableStack();
  const servers = Array.from({ length: count }, () => resources.use(createServer()));
  await Promise.all(servers.map((server) => once(server.listen(0, '127.0.0.1'), 'listening')));
  return servers.map((server) => (server.address() as AddressInfo).port);
}
