import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

/** A bare TCP connection, for what no well-behaved HTTP client sends. */
export interface TestSocket extends Disposable {
  readonly socket: Socket;
  write(text: string): void;
  /** Everything received, once it matches; rejects when the connection ends before. */
  received(pattern: RegExp): Promise<string>;
  /** Everything received, once the other side has ended the connection. */
  ended(): Promise<string>;
}

/** Connects to a local port. */
export async function useSocket(port: number): Promise<TestSocket> {
  const socket = connect(port, '127.0.0.1');
  let text = '';
  let over = false;
  socket.on('data', (chunk) => {
    text += chunk.toString();
  });
  // A reset after the answer ends the connection too.
  socket.on('error', () => undefined);
  socket.once('close', () => {
    over = true;
  });
  await once(socket, 'connect');
  const changed = () => Promise.race([once(socket, 'data'), once(socket, 'close')]);
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
