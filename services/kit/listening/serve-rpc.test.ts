import { once } from 'node:events';
import { connect } from 'node:net';
import { TaskService } from '@recursiv/proto/gen/dispatcher/v1/task_pb.ts';
import { expect, test } from 'vitest';
import { admin } from '../auth/caller.ts';
import type { Routes } from '../serving/routes.ts';
import { serveRpc } from './serve-rpc.ts';

const authenticate = async () => admin;

test.each([
  ['says nothing', ''],
  ['stops in the middle of its head', 'GET / HT'],
  ['stops in the middle of its body', 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nab'],
  ['stops in the middle of its second head', 'GET / HTTP/1.1\r\nHost: a\r\n\r\nGET / HT'],
])('a connection that %s is closed in time', async (_name, sent) => {
  await using rpc = await serveRpc({
    host: '127.0.0.1',
    port: 0,
    routes: [],
    interceptors: [],
    authenticate,
    open: [],
    limits: { receiveTimeoutMs: 300 },
  });
  const socket = connect(rpc.port, '127.0.0.1');
  socket.on('error', () => undefined);
  socket.resume();
  socket.write(sent);
  const [hadError] = await once(socket, 'close', { signal: AbortSignal.timeout(60_000) });
  expect(hadError).toBeTypeOf('boolean');
});

test.each(['close', 'keep-alive'])(
  'a client over HTTP/1.1 with Connection: %s that sends too large a message can read the answer',
  async (wanted) => {
    const routes: Routes = (router) => router.service(TaskService, { getTask: () => ({}) });
    await using rpc = await serveRpc({ host: '127.0.0.1', port: 0, routes: [routes], interceptors: [], authenticate, open: [] });
    const message = Buffer.alloc(8 * 1024 * 1024);
    message.writeUInt32BE(message.length - 5, 1);
    const socket = connect(rpc.port, '127.0.0.1');
    let broken: Error | undefined;
    socket.on('error', (error) => {
      broken = error;
    });
    let answer = '';
    socket.on('data', (bytes) => {
      answer += bytes;
    });
    const head = ['Host: a', `Connection: ${wanted}`, 'Content-Type: application/grpc-web+proto', `Content-Length: ${message.length}`];
    socket.write(`POST /dispatcher.v1.TaskService/GetTask HTTP/1.1\r\n${head.join('\r\n')}\r\n\r\n`);
    socket.write(message);
    await once(socket, 'close', { signal: AbortSignal.timeout(60_000) });
    expect({ broken, answer }).toEqual({ broken: undefined, answer: expect.stringContaining('grpc-status: 8') });
  },
);
