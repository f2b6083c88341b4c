import { once } from 'node:events';
import { connect } from 'node:net';
import { expect, test } from 'vitest';
import { serveRpc } from './serve-rpc.ts';

test.each([
  ['says nothing', ''],
  ['stops in the middle of its head', 'GET / HT'],
  ['stops in the middle of its body', 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nab'],
  ['stops in the middle of its second head', 'GET / HTTP/1.1\r\nHost: a\r\n\r\nGET / HT'],
])('a connection that %s is closed in time', async (_name, sent) => {
  await using rpc = await serveRpc({ host: '127.0.0.1', port: 0, routes: [], interceptors: [], open: [], receiveTimeoutMs: 300 });
  const socket = connect(rpc.port, '127.0.0.1');
  socket.on('error', () => undefined);
  socket.resume();
  socket.write(sent);
  const [hadError] = await once(socket, 'close', { signal: AbortSignal.timeout(3_000) });
  expect(hadError).toBeTypeOf('boolean');
});
