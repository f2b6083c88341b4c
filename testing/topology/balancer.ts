import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { patience } from '../harness/patience.ts';

/** A load balancer as clouds have them. It asks `/readyz` and otherwise knows nothing about HTTP. */
export interface Balancer extends AsyncDisposable {
  /** `http://127.0.0.1:<port>`. */
  readonly url: string;
}

/** How often it asks. */
const lookMs = 250;

/** Passes each connection to the next of `addresses` (`host:port`) that says it is ready. */
export async function startBalancer(addresses: readonly string[]): Promise<Balancer> {
  const ready = new Set(addresses);
  const sockets = new Set<Socket>();
  let turn = 0;
  const next = (): string => {
    const candidates = ready.size > 0 ? [...ready] : addresses;
    turn += 1;
    return candidates[turn % candidates.length] ?? '';
  };
  const server = createServer((near) => {
    const [host, port] = next().split(':');
    const far = connect(Number(port), host);
    near.pipe(far).pipe(near);
    for (const [one, other] of [[near, far] as const, [far, near] as const]) {
      sockets.add(one);
      one.on('error', () => other.destroy());
      one.once('close', () => {
        sockets.delete(one);
        other.destroy();
      });
    }
  });
  const stop = new AbortController();
  const look = async () => {
    while (!stop.signal.aborted) {
      await Promise.all(addresses.map(async (address) => ((await isReady(address)) ? ready.add(address) : ready.delete(address))));
      await sleep(lookMs, undefined, { signal: stop.signal }).catch(() => undefined);
    }
  };
  const looking = look();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async [Symbol.asyncDispose]() {
      stop.abort();
      await looking;
      const closed = once(server, 'close');
      server.close();
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}

async function isReady(address: string): Promise<boolean> {
  const request = { signal: AbortSignal.timeout(Math.ceil(2_000 * patience())), headers: { connection: 'close' } };
  return await fetch(`http://${address}/readyz`, request).then(
    async (response) => {
      await response.arrayBuffer();
      return response.ok;
    },
    () => false,
  );
}
