import type { IncomingMessage, ServerResponse } from 'node:http';

/** How long data that arrives after the answer is dropped before the connection is closed. */
const lingerMs = 1000;

/**
 * Lets an HTTP/1.1 client read an answer that is sent before its whole request has arrived, for example when the
 * request is too large. If the connection closed while the client still sends, the client would see a broken
 * connection instead of the answer.
 */
export function linger(request: IncomingMessage, response: ServerResponse): void {
  const { socket } = request;
  const closes = !response.shouldKeepAlive;
  // Otherwise Node closes the connection after the last byte of the answer.
  response.shouldKeepAlive = true;
  response.once('finish', () => {
    if (request.complete && !closes) return;
    socket.end();
    if (request.complete) return;
    socket.removeAllListeners('data');
    socket.on('data', () => undefined);
    socket.resume();
    setTimeout(() => socket.destroy(), lingerMs).unref();
  });
}
