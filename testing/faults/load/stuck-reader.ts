import { connect } from 'node:net';

/** Opens an event stream and never reads from it, again and again. Disposing it stops that. */
export function startStuckReader(url: string, apiKey: string): Disposable {
  const { hostname, port } = new URL(url);
  let stopped = false;
  let socket = open();

  function open() {
    const made = connect({ host: hostname, port: Number(port) });
    made.pause();
    made.write(`GET /api/v1/dispatcher/stream?after=0 HTTP/1.1\r\nHost: ${hostname}\r\nAuthorization: Bearer ${apiKey}\r\n\r\n`);
    made.on('error', () => undefined);
    made.once('close', () => {
      if (!stopped) setTimeout(() => (socket = open()), 200).unref();
    });
    return made;
  }
  return {
    [Symbol.dispose]() {
      stopped = true;
      socket.destroy();
    },
  };
}
