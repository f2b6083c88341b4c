import { createClient } from '@connectrpc/connect';
import { createAuthenticate } from '@dispatcher/kit/auth/authentication.ts';
import { channelCredentials } from '@dispatcher/kit/channel/credentials.ts';
import { createEndpointPool, type EndpointPoolOptions } from '@dispatcher/kit/channel/endpoint-pool.ts';
import { channelRoutes } from '@dispatcher/kit/channel/server.ts';
import { createChannelTransport } from '@dispatcher/kit/channel/transport.ts';
import { serveRpc } from '@dispatcher/kit/listening/serve-rpc.ts';
import type { Tls } from '@dispatcher/kit/listening/tls.ts';
import { answerErrors } from '@dispatcher/kit/serving/answer-errors.ts';
import { createDirectTransport } from '@dispatcher/kit/serving/direct-transport.ts';
import type { Routes } from '@dispatcher/kit/serving/routes.ts';
import { createLog } from '@dispatcher/kit/telemetry/log.ts';
import { TaskService } from '@recursiv/proto/gen/dispatcher/v1/task_pb.ts';

/**
 * How a test's task service handles a call. `signal` fires when the call is cancelled. Answers the title of the task.
 */
export type TestHandler = (id: string, signal: AbortSignal) => Promise<string> | string;

/** A task service on a real socket. Disposing it drains it, as a process does when it is told to stop. */
export interface TestServer extends AsyncDisposable {
  readonly address: string;
}

const log = createLog('silent');

/** Starts a service. Its reads and writes both run `handle`. */
export async function useChannelServer(handle: TestHandler, tls: Tls | null = null, { host = '127.0.0.1', port = 0 } = {}): Promise<TestServer> {
  const stopping = new AbortController();
  const routes: Routes = (router) =>
    router.service(TaskService, {
      getTask: async ({ taskId }, { signal }) => ({ data: { id: taskId, title: await handle(taskId, signal) } }),
      createTask: async ({ id = '' }, { signal }) => ({ data: { id, title: await handle(id, signal) } }),
    });
  const channel = channelRoutes([TaskService], createDirectTransport([routes], [answerErrors(log)]), stopping.signal);
  const server = await serveRpc({
    host,
    port,
    tls,
    routes: [],
    interceptors: [],
    authenticate: createAuthenticate('admin', async () => null),
    internal: [channel],
    open: [],
  });
  return {
    address: `${host}:${server.port}`,
    async [Symbol.asyncDispose]() {
      stopping.abort();
      await server[Symbol.asyncDispose]();
    },
  };
}

/** Calls the services at these addresses over a channel, as a gateway does. */
export const useChannelClient = (...addresses: string[]) => useChannelClientWith(null, ...addresses);

/** The same, over TLS. */
export const useChannelClientWith = (tls: Tls | null, ...addresses: string[]) => useEndpointPool({ addresses, credentials: channelCredentials(tls) });

/** The same, over a pool with these options. */
export function useEndpointPool(options: Pick<EndpointPoolOptions, 'addresses'> & Partial<EndpointPoolOptions>) {
  const pool = createEndpointPool({ credentials: channelCredentials(null), adminKey: 'admin', log, ...options });
  const tasks = createClient(
    TaskService,
    createChannelTransport(() => pool),
  );
  return {
    /** A call without side effects. */
    read: async (taskId: string, signal?: AbortSignal) => (await tasks.getTask({ taskId }, signal ? { signal } : {})).data?.title,
    /** A call with side effects. It is safe to repeat only with a key. */
    write: async (id: string, idempotencyKey?: string) => {
      const headers = idempotencyKey === undefined ? {} : { 'idempotency-key': idempotencyKey };
      return (await tasks.createTask({ id, title: 'One' }, { headers })).data?.title;
    },
    [Symbol.dispose]: () => pool[Symbol.dispose](),
  };
}
