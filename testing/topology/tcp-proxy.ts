import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/** A way between two processes that can fail. Disposing it cuts all connections. */
export interface TcpProxy extends AsyncDisposable {
  /** Where to connect instead. */
  readonly port: number;
  /** Connections that are open through it. */
  readonly connections: number;
  /** Breaks every connection, and refuses none that comes after. */
  cut(): void;
  /**
   * Passes nothing on in either direction from now on, on old and new connections, as a network that drops packets
   * does.
   */
  stall(): void;
  /** Lets requests through and none of the answers; those are lost for good. */
  swallowAnswers(): void;
  /** Passes on again; what was stalled arrives, what was swallowed does not. */
  resume(): void;
}

/** Listens on 127.0.0.1 and passes bytes on to `target`: `host:port`, or the path of a socket. */
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
      // There is no reset of a connection within the machine.
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
