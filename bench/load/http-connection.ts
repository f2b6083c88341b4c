import { connect } from 'node:net';

/** An answer over HTTP. */
interface HttpAnswer {
  readonly status: number;
  readonly body: string;
}

/** One HTTP/1.1 connection that stays open, for one request at a time. */
export interface HttpConnection extends Disposable {
  send(method: 'GET' | 'POST', path: string, body?: object): Promise<HttpAnswer>;
}

/**
 * Connects on the first request. It reads only answers with a content-length. An agent of `node:http` takes several
 * times the CPU, and the load generator should take as little CPU as possible from the server.
 */
export function openHttpConnection(url: string, key: string): HttpConnection {
  const { hostname, port } = new URL(url);
  const head = `host: ${hostname}:${port}\r\nauthorization: Bearer ${key}\r\n`;
  const socket = connect({ host: hostname, port: Number(port), noDelay: true });
  let received: Buffer = Buffer.alloc(0);
  let waiting: { resolve: (answer: HttpAnswer) => void; reject: (error: Error) => void } | undefined;
  const fail = (error: Error) => waiting?.reject(error);
  socket.on('error', fail);
  socket.on('close', () => fail(new Error('the server closed the connection')));
  socket.on('data', (chunk: Buffer) => {
    received = received.length === 0 ? chunk : Buffer.concat([received, chunk]);
    try {
      const answer = readAnswer(received);
      if (!answer) return;
      received = Buffer.alloc(0);
      waiting?.resolve(answer);
    } catch (error) {
      fail(error instanceof Error ? error : new Error(String(error)));
    }
  });
  return {
    send(method, path, body) {
      const { promise, resolve, reject } = Promise.withResolvers<HttpAnswer>();
      waiting = { resolve, reject };
      if (socket.destroyed) reject(new Error('the connection is closed'));
      else if (body === undefined) socket.write(`${method} ${path} HTTP/1.1\r\n${head}\r\n`);
      else {
        const text = JSON.stringify(body);
        socket.write(
          `${method} ${path} HTTP/1.1\r\n${head}content-type: application/json\r\ncontent-length: ${Buffer.byteLength(text)}\r\n\r\n${text}`,
        );
      }
      return promise;
    },
    [Symbol.dispose]: () => void socket.destroy(),
  };
}

/** The answer at the start of the received bytes. Undefined when it is not complete. */
function readAnswer(received: Buffer): HttpAnswer | undefined {
  const headEnd = received.indexOf('\r\n\r\n');
  if (headEnd < 0) return undefined;
  const head = received.toString('latin1', 0, headEnd);
  const length = /\r\ncontent-length: *(\d+)/i.exec(head)?.[1];
  if (length === undefined) throw new Error(`an answer without content-length: ${head.slice(0, 100)}`);
  const end = headEnd + 4 + Number(length);
  if (received.length < end) return undefined;
  return { status: Number(head.slice(9, 12)), body: received.toString('utf8', headEnd + 4, end) };
}
