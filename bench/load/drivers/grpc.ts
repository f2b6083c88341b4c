import { create, type DescMethodUnary, fromBinary, type MessageInitShape, type MessageShape, toBinary } from '@bufbuild/protobuf';
import { ClaimService } from '@recursiv/proto/gen/dispatcher/v1/claim_pb.ts';
import { TaskService } from '@recursiv/proto/gen/dispatcher/v1/task_pb.ts';
import { type Caller, createRun } from '../caller.ts';
import type { OpenDriver } from '../driver.ts';
import { type GrpcConnection, openGrpcConnection } from '../grpc-connection.ts';
import { newTask } from '../new-task.ts';

/** Callers that share a connection. */
const callersOfConnection = 32;

/** gRPC over HTTP/2 without TLS. */
export const openDriver: OpenDriver = async ({ at, key = '' }) => {
  const connections: GrpcConnection[] = [];
  const connectionFor = (index: number) => {
    const number = Math.floor(index / callersOfConnection);
    connections[number] ??= openGrpcConnection(at, key);
    return connections[number];
  };
  return { run: createRun((index) => callerOver(connectionFor(index), `agent-${index}`)) };
};

function callerOver(connection: GrpcConnection, agent: string): Caller {
  const { claimNextTask, completeTask, heartbeatTask } = ClaimService.method;
  return {
    async claimNext({ organizationId, owner }) {
      const { data } = await call(connection, claimNextTask, { agent, ...(owner !== undefined && { owner }) });
      const { taskId = '', claimToken = '' } = data?.claim ?? {};
      return data ? { organizationId, taskId, claimToken, agent } : null;
    },
    complete: async ({ taskId, claimToken }) => void (await call(connection, completeTask, { taskId, claimToken })),
    create: async () => void (await call(connection, TaskService.method.createTask, newTask)),
    heartbeat: async ({ taskId, claimToken }) => void (await call(connection, heartbeatTask, { taskId, claimToken, agent })),
  };
}

async function call<M extends DescMethodUnary>(
  connection: GrpcConnection,
  method: M,
  request: MessageInitShape<M['input']>,
): Promise<MessageShape<M['output']>> {
  const bytes = await connection.call(`/${method.parent.typeName}/${method.name}`, toBinary(method.input, create(method.input, request)));
  return fromBinary<M['output']>(method.output, bytes);
}
