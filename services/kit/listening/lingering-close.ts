import type { IncomingMessage, ServerResponse } from 'node:http';

/** What still comes after the answer is dropped for so long; then the connection is cut. */
const lingerMs = 1000;

/**
 * Lets a client over HTTP/1.1 read an answer that is given before all of its request has come, as when that is too
 * large. Were the connection closed under what it still sends, the client would be told of that instead.
 */
export function linger(request: IncomingMessage, response: ServerResponse): void {
  const { socket } = request;
  const closes = !response.shouldKeepAlive;
  // Else Node closes the connection with the last byte of the answer.
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
