import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

/** The connections of a server over which no request runs at the moment. */
export interface KeptConnections {
  /**
   * Resolves when each that a client keeps for its next request now has been used or left by it, and after
   * `patienceMs` at the latest.
   */
  used(patienceMs: number): Promise<void>;
  /**
   * Ends those over which no request ever began. Node takes them for busy, so a server that closes would wait for
   * them until their time is over.
   */
  closeUnused(): void;
}

/** A request may just be on its way; a client that opened a connection ahead of its need loses nothing. */
const momentMs = 300;

const lookMs = 50;

/** Remembers the connections of `server`. */
export function createKeptConnections(server: Server): KeptConnections {
  const open = new Set<Socket>();
  const kept = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    open.add(socket);
    socket.once('close', () => open.delete(socket));
  });
  // A request over TLS knows another socket than the connection it came by.
  for (const event of ['connection', 'secureConnection']) server.on(event, (socket: Socket) => void socket.once('close', () => kept.delete(socket)));
  server.on('request', ({ socket }: IncomingMessage, response: ServerResponse) => {
    kept.delete(socket);
    response.once('close', () => {
      if (!socket.destroyed) kept.add(socket);
    });
  });
  return {
    async used(patienceMs) {
      const now = [...kept];
      const until = performance.now() + patienceMs;
      while (performance.now() < until && now.some((socket) => kept.has(socket))) await sleep(lookMs);
    },
    closeUnused() {
      const destroyUnused = () => {
        for (const socket of open) if (socket.bytesRead === 0) socket.destroy();
      };
      setTimeout(destroyUnused, momentMs).unref();
    },
  };
}
