import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import { createClient, type Transport } from '@connectrpc/connect';
import { createGrpcTransport } from '@connectrpc/connect-node';
import { createEndpointPool } from '@dispatcher/kit/channel/endpoint-pool.ts';
import { createChannelTransport } from '@dispatcher/kit/channel/transport.ts';
import { createDirectTransport } from '@dispatcher/kit/serving/direct-transport.ts';
import { createLog } from '@dispatcher/kit/telemetry/log.ts';
import { Client, credentials, Metadata } from '@grpc/grpc-js';
import { GetTaskRequestSchema, GetTaskResponseSchema, TaskService } from '@recursiv/proto/gen/dispatcher/v1/task_pb.ts';
import { z } from 'zod';
import { echoRoutes } from './echo-routes.ts';
import type { Way } from './rounds.ts';

/**
 * The ways to call an echo service in another process. The channel is the first; the last one stays in this process.
 * Disposing them ends the other process.
 */
export async function startChannelWays(): Promise<{ ways: Way[] } & Disposable> {
  using resources = new DisposableStack();
  const child = resources.adopt(
    spawn(process.execPath, [join(import.meta.dirname, 'server.ts')], { stdio: ['ignore', 'pipe', 'inherit'] }),
    (process) => process.kill(),
  );
  const [line]: unknown[] = await once(createInterface({ input: child.stdout }), 'line');
  const ports = z.object({ connect: z.number(), grpc: z.number() }).parse(JSON.parse(String(line)));
  const plain = credentials.createInsecure();
  const pool = resources.use(
    createEndpointPool({ addresses: [`127.0.0.1:${ports.connect}`], credentials: () => plain, adminKey: 'any', log: createLog('warn') }),
  );
  const stock = resources.adopt(new Client(`127.0.0.1:${ports.grpc}`, plain), (client) => client.close());
  const ways = [
    { name: 'after: the channel', call: callOver(createChannelTransport(() => pool)) },
    { name: 'before, as designed first: a gRPC stream for each call, grpc-js at both ends', call: () => stockCall(stock) },
    {
      name: 'before, without grpc-js: a gRPC stream for each call, connect-node at both ends',
      call: callOver(createGrpcTransport({ baseUrl: `http://127.0.0.1:${ports.connect}` })),
    },
    { name: 'in one process, nothing serialized, no interceptor', call: callOver(createDirectTransport([echoRoutes], [])) },
  ];
  const started = resources.move();
  return { ways, [Symbol.dispose]: () => started.dispose() };
}

function callOver(transport: Transport): () => Promise<unknown> {
  const tasks = createClient(TaskService, transport);
  return () => tasks.getTask({ taskId: 'one' });
}

function stockCall(client: Client): Promise<unknown> {
  return new Promise((resolve, reject) => {
    client.makeUnaryRequest(
      '/dispatcher.v1.TaskService/GetTask',
      (message: Uint8Array) => Buffer.from(message),
      (bytes) => fromBinary(GetTaskResponseSchema, bytes),
      toBinary(GetTaskRequestSchema, create(GetTaskRequestSchema, { taskId: 'one' })),
      new Metadata(),
      (error, answer) => (error ? reject(error) : resolve(answer)),
    );
  });
}
