import type { Server } from 'node:http';
import type { Socket } from 'node:net';

/** Connections over which no request has begun. Node takes them for busy, so a server that closes would wait for them until their time is over. */
export interface UnusedConnections {
  /** Ends those that stay unused for a moment longer. */
  close(): void;
}

/** A request may just be on its way; a client that opened a connection ahead of its need loses nothing. */
const momentMs = 300;

/** Remembers the connections of `server`. */
export function createUnusedConnections(server: Server): UnusedConnections {
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  const destroyUnused = () => {
    for (const socket of sockets) if (socket.bytesRead === 0) socket.destroy();
  };
  return {
    close: () => void setTimeout(destroyUnused, momentMs).unref(),
  };
}
