import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import { text } from 'node:stream/consumers';
import { expect, it } from 'vitest';
import { openHttpConnection } from './http-connection.ts';

async function useServer(listener: RequestListener): Promise<{ url: string } & AsyncDisposable> {
  const server = createServer(listener).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  return {
    url: `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

it('sends requests one after the other on one connection, with the key', async () => {
  const sockets = new Set();
  await using server = await useServer(async (request, response) => {
    sockets.add(request.socket);
    const answer = JSON.stringify([request.method, request.url, request.headers.authorization, await text(request)]);
    response.setHeader('content-length', Buffer.byteLength(answer)).end(answer);
  });
  using connection = openHttpConnection(server.url, 'sk');
  expect(await connection.send('POST', '/tasks', { title: 'ä' })).toEqual({
    status: 200,
    body: '["POST","/tasks","Bearer sk","{\\"title\\":\\"ä\\"}"]',
  });
  expect((await connection.send('GET', '/tasks')).body).toBe('["GET","/tasks","Bearer sk",""]');
  expect(sockets.size).toBe(1);
});

it('waits for an answer that comes in pieces', async () => {
  const body = 'ü'.repeat(100_000);
  await using server = await useServer((_, response) => {
    response.writeHead(201, { 'content-length': Buffer.byteLength(body) });
    response.write(body.slice(0, 3));
    setImmediate(() => response.end(body.slice(3)));
  });
  using connection = openHttpConnection(server.url, 'sk');
  expect(await connection.send('GET', '/')).toEqual({ status: 201, body });
});

it('fails when the connection breaks', async () => {
  await using server = await useServer((request) => void request.socket.destroy());
  using connection = openHttpConnection(server.url, 'sk');
  await expect(connection.send('GET', '/')).rejects.toThrow('the server closed the connection');
});

it('fails when an answer does not say how long it is', async () => {
  await using server = await useServer((_, response) => {
    response.write('in chunks');
    response.end();
  });
  using connection = openHttpConnection(server.url, 'sk');
  await expect(connection.send('GET', '/')).rejects.toThrow('an answer without content-length');
});
