import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import { createClient, type Transport } from '@connectrpc/connect';
import { createGrpcTransport } from '@connectrpc/connect-node';
import { createDirectTransport } from '@dispatcher/kit/direct-transport.ts';
import { createHopPool } from '@dispatcher/kit/hop-pool.ts';
import { createHopTransport } from '@dispatcher/kit/hop-transport.ts';
import { createLog } from '@dispatcher/kit/log.ts';
import { Client, credentials, Metadata } from '@grpc/grpc-js';
import { GetTaskRequestSchema, GetTaskResponseSchema, TaskService } from '@recursiv/proto/gen/dispatcher/v1/task_pb.ts';
import { z } from 'zod';
import { echoRoutes } from './echo-routes.ts';

type Call = () => Promise<unknown>;

const secondsEach = 3;
const inFlights = [1, 32, 128] as const;

const child = spawn(process.execPath, [join(import.meta.dirname, 'server.ts')], { stdio: ['ignore', 'pipe', 'inherit'] });
const [line]: unknown[] = await once(createInterface({ input: child.stdout }), 'line');
const ports = z.object({ connect: z.number(), grpc: z.number() }).parse(JSON.parse(String(line)));

const plain = credentials.createInsecure();
using pool = createHopPool({ addresses: [`127.0.0.1:${ports.connect}`], credentials: () => plain, log: createLog('warn') });
const stock = new Client(`127.0.0.1:${ports.grpc}`, plain);

const ways: Record<string, Call> = {
  'in one process, no socket': callOver(createDirectTransport([echoRoutes], [])),
  'the hop': callOver(createHopTransport(() => pool)),
  'gRPC, a stream for each call: grpc-js at both ends': () => stockCall(stock),
  'gRPC, a stream for each call: connect-node at both ends': callOver(createGrpcTransport({ baseUrl: `http://127.0.0.1:${ports.connect}` })),
};

console.log(`| calls/s with … in flight | ${inFlights.join(' | ')} |\n|---|${inFlights.map(() => '---:|').join('')}`);
for (const [name, call] of Object.entries(ways)) {
  await measure(call, 16, 0.5);
  const figures: number[] = [];
  for (const inFlight of inFlights) figures.push(await measure(call, inFlight, secondsEach));
  console.log(`| ${name} | ${figures.map((figure) => Math.round(figure).toLocaleString('en')).join(' | ')} |`);
}
stock.close();
child.kill();
process.exit(0);

function callOver(transport: Transport): Call {
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

/** Calls a second, with so many in flight. */
async function measure(call: Call, inFlight: number, seconds: number): Promise<number> {
  const start = performance.now();
  let calls = 0;
  const run = async () => {
    while (performance.now() - start < seconds * 1000) {
      await call();
      calls += 1;
    }
  };
  await Promise.all(Array.from({ length: inFlight }, run));
  return (calls * 1000) / (performance.now() - start);
}
