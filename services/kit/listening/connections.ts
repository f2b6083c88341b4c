import type { Socket } from 'node:net';
import { networkOf } from './network-of.ts';

/** The number of connections that a port accepts. */
export interface ConnectionLimits {
  readonly total: number;
  /** The limit for one address. Behind a proxy all clients share one address, so this is a large part of all. */
  readonly perAddress: number;
}

const defaultConnectionLimits: ConnectionLimits = { total: 10_000, perAddress: 6_000 };

/**
 * The open connections of a port. At a limit the connection that has been idle for longest is closed, so that a
 * stranger with thousands of connections does not block other clients.
 */
export interface Connections {
  readonly count: number;
  /** Counts a new connection. When no idle connection can be closed for it, it is closed itself. */
  add(socket: Socket): void;
  /** A request or a stream begins on the connection. */
  begin(socket: Socket): void;
  end(socket: Socket): void;
}

interface Connection {
  readonly address: string;
  readonly peer: string;
  /** The number of requests that run on it. */
  running: number;
}

/** Creates counters that start at zero. */
export function createConnections(limits: ConnectionLimits = defaultConnectionLimits): Connections {
  const open = new Map<Socket, Connection>();
  // The socket of a request over TLS is not the socket of its TCP connection. Both have the same peer.
  const byPeer = new Map<string, Socket>();
  const byAddress = new Map<string, number>();
  // Both sets are in the order in which the connections became idle.
  const unused = new Set<Socket>();
  const idle = new Set<Socket>();

  const remove = (socket: Socket) => {
    const connection = open.get(socket);
    if (!connection) return;
    open.delete(socket);
    if (byPeer.get(connection.peer) === socket) byPeer.delete(connection.peer);
    unused.delete(socket);
    idle.delete(socket);
    const left = (byAddress.get(connection.address) ?? 1) - 1;
    if (left === 0) byAddress.delete(connection.address);
    else byAddress.set(connection.address, left);
  };
  const close = (socket: Socket) => {
    remove(socket);
    socket.destroy();
  };
  const connectionOf = (socket: Socket): Socket => (open.has(socket) ? socket : (byPeer.get(peerOf(socket)) ?? socket));
  /** Looks at the larger set first, because a client with many connections has them there. */
  const oldestIdle = (matches: (socket: Socket) => boolean): Socket | undefined => {
    const sets = unused.size >= idle.size ? [unused, idle] : [idle, unused];
    for (const set of sets) for (const socket of set) if (matches(socket)) return socket;
    return undefined;
  };
  const makeRoom = (newcomer: Socket, matches: (socket: Socket) => boolean) => {
    close(oldestIdle((socket) => socket !== newcomer && matches(socket)) ?? newcomer);
  };

  return {
    get count() {
      return open.size;
    },
    add(socket) {
      const address = networkOf(socket.remoteAddress);
      const peer = peerOf(socket);
      open.set(socket, { address, peer, running: 0 });
      byPeer.set(peer, socket);
      byAddress.set(address, (byAddress.get(address) ?? 0) + 1);
      unused.add(socket);
      socket.once('close', () => remove(socket));
      if ((byAddress.get(address) ?? 0) > limits.perAddress) makeRoom(socket, (other) => open.get(other)?.address === address);
      if (open.size > limits.total) makeRoom(socket, () => true);
    },
    begin(over) {
      const socket = connectionOf(over);
      const connection = open.get(socket);
      if (!connection) return;
      connection.running += 1;
      unused.delete(socket);
      idle.delete(socket);
    },
    end(over) {
      const socket = connectionOf(over);
      const connection = open.get(socket);
      if (!connection) return;
      connection.running -= 1;
      if (connection.running === 0) idle.add(socket);
    },
  };
}

const peerOf = ({ remoteAddress, remotePort }: Socket): string => `${remoteAddress} ${remotePort}`;
