import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { useFolder } from '../harness/use-folder.ts';
import { startTcpProxy } from './tcp-proxy.ts';

/** An echo server that listens on `place`: a port or the path of a socket. */
async function useEcho(place: number | string): Promise<Server & AsyncDisposable> {
  const server = createServer((socket) => socket.on('error', () => undefined).pipe(socket));
  server.listen(place);
  await once(server, 'listening');
  return server;
}

/** A connection that was already used, and all that it received. */
async function useConnection(port: number) {
  let got = '';
  const socket = connect(port, '127.0.0.1');
  socket.setEncoding('utf8').on('data', (text: string) => {
    got += text;
  });
  const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()));
  socket.on('error', () => undefined);
  socket.write('first');
  await vi.waitFor(() => expect(got).toBe('first'));
  return { socket, closed, got: () => got };
}

test.each(['tcp', 'socket'])('stalled bytes arrive later, and a cut connection can be made again, in front of a %s', async (kind) => {
  await using folder = await useFolder();
  await using server = await useEcho(kind === 'tcp' ? 0 : join(folder.path, 'echo'));
  const address = kind === 'tcp' ? `127.0.0.1:${(server.address() as AddressInfo).port}` : join(folder.path, 'echo');
  await using proxy = await startTcpProxy(address);
  const { socket, closed, got } = await useConnection(proxy.port);

  proxy.stall();
  socket.write(' second');
  proxy.resume();
  await vi.waitFor(() => expect(got()).toBe('first second'));

  proxy.cut();
  await closed;
  const again = await useConnection(proxy.port);
  again.socket.destroy();
  await again.closed;
});
