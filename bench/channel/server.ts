import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import { admin } from '@dispatcher/kit/auth/caller.ts';
import { channelRoutes } from '@dispatcher/kit/channel/server.ts';
import { serveRpc } from '@dispatcher/kit/listening/serve-rpc.ts';
import { createDirectTransport } from '@dispatcher/kit/serving/direct-transport.ts';
import { Server, ServerCredentials, type ServerUnaryCall, type sendUnaryData } from '@grpc/grpc-js';
import {
  type GetTaskRequest,
  GetTaskRequestSchema,
  type GetTaskResponse,
  GetTaskResponseSchema,
  TaskService,
} from '@recursiv/proto/gen/dispatcher/v1/task_pb.ts';
import { description, echoRoutes } from './echo-routes.ts';

// Serves the same echo over each way that is measured, and prints the ports: gRPC and the channel with connect-node,
// and gRPC with grpc-js.
const channel = channelRoutes([TaskService], createDirectTransport([echoRoutes], []), new AbortController().signal);
const connect = await serveRpc({
  host: '127.0.0.1',
  port: 0,
  routes: [echoRoutes],
  interceptors: [],
  authenticate: async () => admin,
  internal: [channel],
  open: [],
});

const server = new Server();
const getTask = ({ request }: ServerUnaryCall<GetTaskRequest, GetTaskResponse>, answer: sendUnaryData<GetTaskResponse>) =>
  answer(null, create(GetTaskResponseSchema, { data: { id: request.taskId, description } }));
const definition = {
  getTask: {
    path: '/dispatcher.v1.TaskService/GetTask',
    requestStream: false,
    responseStream: false,
    requestSerialize: (message: GetTaskRequest) => Buffer.from(toBinary(GetTaskRequestSchema, message)),
    requestDeserialize: (bytes: Buffer) => fromBinary(GetTaskRequestSchema, bytes),
    responseSerialize: (message: GetTaskResponse) => Buffer.from(toBinary(GetTaskResponseSchema, message)),
    responseDeserialize: (bytes: Buffer) => fromBinary(GetTaskResponseSchema, bytes),
  },
};
server.addService(definition, { getTask });
server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, port) => {
  if (error) throw error;
  console.log(JSON.stringify({ connect: connect.port, grpc: port }));
});
