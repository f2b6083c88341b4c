import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

/** A TCP connection, to send what a correct HTTP client never sends. */
export interface TestSocket extends Disposable {
  readonly socket: Socket;
  write(text: string): void;
  /** Waits until everything received matches, and returns it. Rejects when the connection ends before. */
  received(pattern: RegExp): Promise<string>;
  /** Waits until the other side ends the connection, and returns everything received. */
  ended(): Promise<string>;
}

/** Connects to a local port. */
export async function useSocket(port: number): Promise<TestSocket> {
  const socket = connect(port, '127.0.0.1');
  let text = '';
  let over = false;
  let change = Promise.withResolvers<void>();
  const changed = () => change.promise;
  const tell = () => {
    change.resolve();
    change = Promise.withResolvers<void>();
  };
  socket.on('data', (chunk) => {
    text += chunk.toString();
    tell();
  });
  // A reset after the answer ends the connection too.
  socket.on('error', () => undefined);
  socket.once('close', () => {
    over = true;
    tell();
  });
  await once(socket, 'connect');
  return {
    socket,
    write: (part) => void socket.write(part),
    async received(pattern) {
      while (!pattern.test(text)) {
        if (over) throw new Error(`the connection ended after: ${text}`);
        await changed();
      }
      return text;
    },
    async ended() {
      while (!over) await changed();
      return text;
    },
    [Symbol.dispose]: () => void socket.destroy(),
  };
}
