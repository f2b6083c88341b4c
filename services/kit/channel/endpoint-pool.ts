import type { ChannelCredentials, Client } from '@grpc/grpc-js';
import type { Answer } from '@recursiv/proto/gen/dispatcher/hop/v1/hop_pb.ts';
import { unavailable } from '../serving/errors.ts';
import type { Log } from '../telemetry/log.ts';
import { type EndpointAddress, followAddresses, type LookUp } from './addresses.ts';
import type { ChannelCall, ChannelConnection } from './connection.ts';
import { type Endpoint, keepEndpoint } from './endpoint.ts';

/** The processes of one service, seen from a gateway. */
export interface EndpointPool extends Disposable {
  /**
   * Makes a call to the process with the fewest calls in flight. When no process can be reached, it waits at most a
   * second for one and then fails with `unavailable`. It fails so at once when all have more calls than they can take.
   * When the stream breaks it rejects like `ChannelConnection.call`.
   */
  call(call: ChannelCall, signal: AbortSignal): Promise<Answer>;
  /** A gRPC client of a reachable process, for a call that needs its own stream. */
  client(): Client;
}

/** The options of a pool. */
export interface EndpointPoolOptions {
  /** `host:port` of each process, or a name that has the addresses of several. */
  addresses: readonly string[];
  /** Called before each new connection, because certificates change. */
  credentials: () => ChannelCredentials;
  /** The admin key. A service opens a channel only with it. */
  adminKey: string;
  log: Log;
  /** How names are looked up, and how often. By default the system looks them up every 5 s. */
  lookUp?: LookUp;
  lookMs?: number;
}

/** How long a call waits for a process to come back before it fails. */
const patienceMs = 1000;

/**
 * How long a process that has left its name keeps its calls. No call takes longer. Event streams are then resumed
 * elsewhere.
 */
const leavingMs = 60_000;

/** Keeps a stream to each process. */
export function createEndpointPool({ addresses, credentials, adminKey, log, lookUp, lookMs }: EndpointPoolOptions): EndpointPool {
  const waiting = new Set<() => void>();
  const onOpen = () => {
    for (const wake of waiting) wake();
    waiting.clear();
  };
  const members = new Map<string, Endpoint>();
  const leaving = new Set<Endpoint>();
  const keep = (address: EndpointAddress) =>
    keepEndpoint(address, credentials, adminKey, {
      onOpen: () => {
        log.debug({ address }, 'a service process can be reached');
        onOpen();
      },
      onLost: (err) => log.warn({ address, err }, 'a service process cannot be reached'),
    });
  /** Starts no new call on the process, and lets its running calls end. */
  const letGo = (member: Endpoint) => {
    leaving.add(member);
    member.retire();
    setTimeout(() => {
      leaving.delete(member);
      member[Symbol.dispose]();
    }, leavingMs).unref();
  };
  const onAddresses = (found: readonly EndpointAddress[]) => {
    for (const address of found) if (!members.has(address.target)) members.set(address.target, keep(address));
    for (const [target, member] of members) {
      if (found.some((address) => address.target === target)) continue;
      members.delete(target);
      letGo(member);
    }
  };
  const following = followAddresses(addresses, onAddresses, log, lookUp, lookMs);
  const open = () => [...members.values()].map(({ connection }) => connection).filter((connection) => connection.open);

  let turn = 0;
  const pick = () => {
    turn += 1;
    return best(open(), turn);
  };

  return {
    async call(call, signal) {
      if (!open().length) await opened(waiting);
      // There is no await between the choice and the call. Otherwise calls that arrive together choose the same
      // process.
      const connection = pick();
      if (!connection) throw unavailable('A service does not answer at the moment. The request had no effect. Send it again in a moment.');
      return await connection.call(call, signal);
    },
    client() {
      const all = [...members.values()];
      const reachable = all.filter(({ connection }) => connection.open && !connection.silent);
      const candidates = reachable.length > 0 ? reachable : all;
      const member = candidates[Math.floor(Math.random() * candidates.length)];
      if (!member) throw unavailable('A service cannot be found at the moment. Try again in a moment.');
      return member.client;
    },
    [Symbol.dispose]() {
      following[Symbol.dispose]();
      for (const member of [...members.values(), ...leaving]) member[Symbol.dispose]();
    },
  };
}

/** The connection with the fewest calls. Null when there is no connection. Among equals, `turn` decides. */
function best(connections: readonly ChannelConnection[], turn: number): ChannelConnection | null {
  if (connections.length === 0) return null;
  const able = connections.filter((connection) => !connection.full);
  const alive = able.filter((connection) => !connection.silent);
  const candidates = alive.length > 0 ? alive : able;
  const least = Math.min(...candidates.map(({ load }) => load));
  const equals = candidates.filter(({ load }) => load === least);
  const chosen = equals[turn % equals.length];
  if (!chosen) throw unavailable('The service is at its limit. Try again in a moment.');
  return chosen;
}

/** Resolves when some connection has opened, or after a second. */
async function opened(waiting: Set<() => void>): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, patienceMs);
  waiting.add(resolve);
  await promise;
  clearTimeout(timer);
  waiting.delete(resolve);
}
