import { createClient } from '@connectrpc/connect';
import { ClaimService } from '@recursiv/proto/gen/dispatcher/v1/claim_pb.ts';
import { TaskService } from '@recursiv/proto/gen/dispatcher/v1/task_pb.ts';
import { type Caller, createRun } from '../caller.ts';
import type { OpenDriver } from '../driver.ts';
import { newTask } from '../new-task.ts';
import { type OpenServices, openServices } from './open-services.ts';

/** The handlers of the services in the same process: everything that Dispatcher does for a call, except the network. */
export const openDriver: OpenDriver = async ({ at }) => {
  const services = await openServices(at);
  return { run: createRun((index) => callerOn(services, `agent-${index}`)) };
};

function callerOn({ transport, key }: OpenServices, agent: string): Caller {
  const tasks = createClient(TaskService, transport);
  const claims = createClient(ClaimService, transport);
  const options = { headers: { authorization: `Bearer ${key}` } };
  return {
    async claimNext({ organizationId, owner }) {
      const { data } = await claims.claimNextTask({ agent, ...(owner !== undefined && { owner }) }, options);
      const { taskId = '', claimToken = '' } = data?.claim ?? {};
      return data ? { organizationId, taskId, claimToken, agent } : null;
    },
    complete: async ({ taskId, claimToken }) => void (await claims.completeTask({ taskId, claimToken }, options)),
    create: async () => void (await tasks.createTask(newTask, options)),
    heartbeat: async ({ taskId, claimToken }) => void (await claims.heartbeatTask({ taskId, claimToken, agent }, options)),
  };
}
