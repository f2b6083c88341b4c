import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/** A proxy between two processes that can fail on purpose. Disposing it breaks all connections. */
export interface TcpProxy extends AsyncDisposable {
  /** The address to connect to instead. */
  readonly port: number;
  /** The number of connections that are open through it. */
  readonly connections: number;
  /** Breaks every connection. New connections are accepted. */
  cut(): void;
  /** From now on passes nothing in either direction, on old and new connections, like a network that drops packets. */
  stall(): void;
  /** Passes requests on but no answers. These answers are lost for good. */
  swallowAnswers(): void;
  /** Passes bytes on again. Stalled bytes arrive; swallowed answers do not. */
  resume(): void;
}

/** Listens on 127.0.0.1 and passes bytes to `target`: `host:port`, or the path of a socket. */
export async function startTcpProxy(target: string, port = 0): Promise<TcpProxy> {
  const [host, targetPort] = target.split(/:(?=\d+$)/);
  const reach = () => (target.startsWith('/') ? connect(target) : connect(Number(targetPort), host));
  const pairs = new Set<{ near: Socket; far: Socket }>();
  let mode: 'pass' | 'stall' | 'swallow' = 'pass';
  const apply = ({ near, far }: { near: Socket; far: Socket }) => {
    for (const socket of [near, far])
      if (mode === 'stall') socket.pause();
      else socket.resume();
  };
  const server = createServer((near) => {
    const far = reach();
    const pair = { near, far };
    pairs.add(pair);
    near.on('data', (bytes) => far.write(bytes));
    far.on('data', (bytes) => mode !== 'swallow' && near.write(bytes));
    for (const [one, other] of [[near, far] as const, [far, near] as const]) {
      one.on('error', () => other.destroy());
      one.on('end', () => other.end());
      one.on('close', () => {
        other.destroy();
        pairs.delete(pair);
      });
    }
    apply(pair);
  });
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  const cut = () => {
    for (const { near, far } of pairs) {
      near.resetAndDestroy();
      // A socket within the machine has no reset.
      if (target.startsWith('/')) far.destroy();
      else far.resetAndDestroy();
    }
  };
  const change = (next: typeof mode) => () => {
    mode = next;
    for (const pair of pairs) apply(pair);
  };
  return {
    port: (server.address() as AddressInfo).port,
    get connections() {
      return pairs.size;
    },
    cut,
    stall: change('stall'),
    swallowAnswers: change('swallow'),
    resume: change('pass'),
    async [Symbol.asyncDispose]() {
      const closed = once(server, 'close');
      server.close();
      cut();
      await closed;
    },
  };
}
