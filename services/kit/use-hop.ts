import { createClient } from '@connectrpc/connect';
import { TaskService } from '@recursiv/proto/gen/dispatcher/v1/task_pb.ts';
import { answerErrors } from './answer-errors.ts';
import { createDirectTransport } from './direct-transport.ts';
import { hopCredentials } from './hop-credentials.ts';
import { createHopPool, type HopPoolOptions } from './hop-pool.ts';
import { hopRoutes } from './hop-server.ts';
import { createHopTransport } from './hop-transport.ts';
import { createLog } from './log.ts';
import type { Routes } from './routes.ts';
import { serveRpc } from './serve-rpc.ts';
import type { Tls } from './tls.ts';

/** What a task service of a test does; `signal` fires when the call is cancelled. Answers the title of the task. */
export type TestHandler = (id: string, signal: AbortSignal) => Promise<string> | string;

/** A task service on a real socket. Disposing it drains it, as a process does that is told to stop. */
export interface TestServer extends AsyncDisposable {
  readonly address: string;
}

const log = createLog('silent');

/** Starts a service whose reads and writes both do `handle`. */
export async function useHopServer(handle: TestHandler, tls: Tls | null = null, { host = '127.0.0.1', port = 0 } = {}): Promise<TestServer> {
  const stopping = new AbortController();
  const routes: Routes = (router) =>
    router.service(TaskService, {
      getTask: async ({ taskId }, { signal }) => ({ data: { id: taskId, title: await handle(taskId, signal) } }),
      createTask: async ({ id = '' }, { signal }) => ({ data: { id, title: await handle(id, signal) } }),
    });
  const hop = hopRoutes([TaskService], createDirectTransport([routes], [answerErrors(log)]), stopping.signal);
  const server = await serveRpc({ host, port, tls, routes: [], interceptors: [], open: [hop] });
  return {
    address: `${host}:${server.port}`,
    async [Symbol.asyncDispose]() {
      stopping.abort();
      await server[Symbol.asyncDispose]();
    },
  };
}

/** Calls the services at these addresses over a hop, as a gateway does. */
export const useHopClient = (...addresses: string[]) => useHopClientWith(null, ...addresses);

/** The same over TLS. */
export const useHopClientWith = (tls: Tls | null, ...addresses: string[]) => useHopPool({ addresses, credentials: hopCredentials(tls) });

/** The same over a pool as the options say. */
export function useHopPool(options: Pick<HopPoolOptions, 'addresses'> & Partial<HopPoolOptions>) {
  const pool = createHopPool({ credentials: hopCredentials(null), log, ...options });
  const tasks = createClient(
    TaskService,
    createHopTransport(() => pool),
  );
  return {
    /** A call without side effects. */
    read: async (taskId: string, signal?: AbortSignal) => (await tasks.getTask({ taskId }, signal ? { signal } : {})).data?.title,
    /** A call with side effects, safe to repeat only with a key. */
    write: async (id: string, idempotencyKey?: string) => {
      const headers = idempotencyKey === undefined ? {} : { 'idempotency-key': idempotencyKey };
      return (await tasks.createTask({ id, title: 'One' }, { headers })).data?.title;
    },
    [Symbol.dispose]: () => pool[Symbol.dispose](),
  };
}
