import { type CallOptions, type Client, createClient } from '@connectrpc/connect';
import { type Database, openDatabase } from '@dispatcher/database/connection/database.ts';
import { errorFromDatabase } from '@dispatcher/database/connection/errors.ts';
import { createDirectTransport } from '@dispatcher/kit/serving/direct-transport.ts';
import { serviceInterceptors } from '@dispatcher/kit/serving/interceptors.ts';
import { createLog } from '@dispatcher/kit/telemetry/log.ts';
import { taskRoutes } from '@dispatcher/task/routes.ts';
import { TaskService } from '@recursiv/proto/gen/dispatcher/v1/task_pb.ts';
import { useDatabase } from '../harness/use-database.ts';
import { authenticateByName } from './use-named-callers.ts';

/** A task service on its own database, for tests, with the organizations `acme` and `globex`. */
export interface TestTasks extends AsyncDisposable {
  readonly database: Database;
  readonly client: Client<typeof TaskService>;
  /** How often a commit with an event was announced. */
  readonly published: () => number;
  /** Runs SQL. Tests use it for the changes that other services make to a task. */
  query<Row>(text: string, values?: readonly unknown[]): Promise<Row[]>;
}

/**
 * The headers of a call with an organization's key, or with the admin key for `admin`. They include an idempotency key
 * when one is given.
 */
export function as(caller: string, idempotencyKey?: string): CallOptions {
  return { headers: { authorization: caller, ...(idempotencyKey !== undefined && { 'idempotency-key': idempotencyKey }) } };
}

/** Starts a task service for a test. Dispose it at the end. */
export async function useTasks(): Promise<TestTasks> {
  await using resources = new AsyncDisposableStack();
  const { url } = resources.use(await useDatabase());
  const database = resources.use(await openDatabase(url));
  await database.pool.query("INSERT INTO organizations (id) VALUES ('acme'), ('globex')");
  let published = 0;
  const routes = taskRoutes({ database, published: () => void published++ });
  const interceptors = serviceInterceptors({ log: createLog('silent'), authenticate: authenticateByName, convertError: errorFromDatabase });
  const started = resources.move();
  return {
    database,
    client: createClient(TaskService, createDirectTransport([routes], interceptors)),
    published: () => published,
    query: async <Row>(text: string, values: readonly unknown[] = []) => (await database.pool.query(text, [...values])).rows as Row[],
    [Symbol.asyncDispose]: () => started.disposeAsync(),
  };
}
