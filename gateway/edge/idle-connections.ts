import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

/** The connections of a server on which no request runs at the moment. */
export interface KeptConnections {
  /**
   * Resolves when the client of each connection that is idle now has used or closed it, and after `patienceMs` at the
   * latest.
   */
  used(patienceMs: number): Promise<void>;
  /**
   * Ends the connections that never had a request. Node treats them as busy, so a server that closes would wait for
   * them until their time limit.
   */
  closeUnused(): void;
}

/** How long unused connections stay open at a stop, because a request may be on its way. */
const momentMs = 300;

const lookMs = 50;

/** Tracks the connections of `server`. */
export function createKeptConnections(server: Server): KeptConnections {
  const open = new Set<Socket>();
  const kept = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    open.add(socket);
    socket.once('close', () => open.delete(socket));
  });
  // The socket of a request over TLS is not the socket of its connection.
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
