import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import type { Log } from '../telemetry/log.ts';

/** The address of one process of a service. */
export interface EndpointAddress {
  /** `ip:port`. */
  readonly target: string;
  /** The name by which it was found, which its certificate must have. Null when the settings have an IP address. */
  readonly name: string | null;
}

/** Returns all addresses of a name. */
export type LookUp = (name: string) => Promise<readonly string[]>;

/** How often names are looked up again. Added processes get calls, and removed processes get none, after this time. */
const lookMs = 5_000;

/**
 * Calls `onChange` with the IP addresses of the processes at `addresses` (`host:port`), now and after each change. A
 * name may have several addresses, for example that of a headless service of Kubernetes. While a name cannot be looked
 * up, its last addresses are used.
 */
export function followAddresses(
  addresses: readonly string[],
  onChange: (found: readonly EndpointAddress[]) => void,
  log: Log,
  lookUp: LookUp = lookUpName,
  intervalMs = lookMs,
): Disposable {
  const places = addresses.map((address) => {
    const [host = '', port = ''] = address.split(/:(?=\d+$)/);
    return { host, port, found: isIP(host) ? [{ target: address, name: null }] : ([] as readonly EndpointAddress[]) };
  });
  const names = places.filter(({ host }) => !isIP(host));
  let known = '';
  let timer: NodeJS.Timeout | undefined;
  let stopped = false;
  const tell = () => {
    const found = places.flatMap((place) => place.found);
    const now = found.map(({ target }) => target).join();
    if (stopped || now === known) return;
    known = now;
    onChange(found);
  };
  const look = async () => {
    await Promise.all(
      names.map(async (place) => {
        const ips = await lookUp(place.host).catch((err: unknown) => {
          if (place.found.length === 0) log.warn({ err, name: place.host }, 'the name of a service cannot be looked up');
          return [];
        });
        if (ips.length > 0) place.found = ips.toSorted().map((ip) => ({ target: targetOf(ip, place.port), name: place.host }));
      }),
    );
    tell();
    if (!stopped) timer = setTimeout(() => void look(), names.some(({ found }) => found.length === 0) ? intervalMs / 10 : intervalMs).unref();
  };
  tell();
  if (names.length > 0) void look();
  return {
    [Symbol.dispose]() {
      stopped = true;
      clearTimeout(timer);
    },
  };
}

const targetOf = (ip: string, port: string): string => (isIP(ip) === 6 ? `[${ip}]:${port}` : `${ip}:${port}`);

/** Looks up one address family, because a process that has an address of both families must count once. */
async function lookUpName(name: string): Promise<string[]> {
  const found = await lookup(name, { all: true, order: 'ipv4first' });
  return found.filter(({ family }) => family === found[0]?.family).map(({ address }) => address);
}
