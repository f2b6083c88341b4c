import type { DescService } from '@bufbuild/protobuf';
import { type Client, createClient } from '@connectrpc/connect';
import type { ClaimDependencies } from '@dispatcher/claim/dependencies.ts';
import { claimRoutes } from '@dispatcher/claim/routes.ts';
import { createClaimStatements } from '@dispatcher/claim/statements.ts';
import { WaitingClaims } from '@dispatcher/claim/waiting-claims.ts';
import { type Database, openDatabase } from '@dispatcher/database/connection/database.ts';
import { errorFromDatabase } from '@dispatcher/database/connection/errors.ts';
import { createDirectTransport } from '@dispatcher/kit/serving/direct-transport.ts';
import { serviceInterceptors } from '@dispatcher/kit/serving/interceptors.ts';
import { createLog } from '@dispatcher/kit/telemetry/log.ts';
import { taskRoutes } from '@dispatcher/task/routes.ts';
import { ClaimService } from '@recursiv/proto/gen/dispatcher/v1/claim_pb.ts';
import { TaskService } from '@recursiv/proto/gen/dispatcher/v1/task_pb.ts';
import { useDatabase } from '../harness/use-database.ts';
import { authenticateByName } from './use-named-callers.ts';

/** A claim service on its own database, for tests. */
export interface TestClaims extends AsyncDisposable {
  readonly database: Database;
  readonly dependencies: ClaimDependencies;
  /** A client with an organization's key, or with the admin key for `admin`. Each call sends `idempotencyKey`. */
  client(organizationId: string, idempotencyKey?: string): Client<typeof ClaimService>;
  /** A client of the task service on the same database, for tests that use both services. */
  tasks(organizationId: string): Client<typeof TaskService>;
  /** Inserts a task by SQL. In a running system the task service does this. */
  insertTask(id: string, columns?: Record<string, unknown>): Promise<void>;
  /** Ends every live claim now, as if its time had passed. */
  passLeases(): Promise<void>;
  /** The types of a task's events, in order. */
  events(id: string): Promise<string[]>;
  /** The value of one column of a task. */
  column(id: string, name: string): Promise<unknown>;
}

/** Starts a claim service for a test. Dispose it at the end. */
export async function useClaims(): Promise<TestClaims> {
  const stack = new AsyncDisposableStack();
  const { url } = stack.use(await useDatabase());
  const database = stack.use(await openDatabase(url));
  const { pool } = database;
  await pool.query(`INSERT INTO organizations (id) VALUES ('acme'), ('globex')`);
  const dependencies: ClaimDependencies = {
    database,
    statements: createClaimStatements(pool),
    maxAttempts: 5,
    published: () => undefined,
    waiting: new WaitingClaims(),
  };
  const interceptors = serviceInterceptors({
    log: createLog('silent'),
    authenticate: authenticateByName,
    convertError: errorFromDatabase,
  });
  const transport = createDirectTransport([claimRoutes(dependencies), taskRoutes(dependencies)], interceptors);
  const clientOf = <S extends DescService>(service: S, headers: Record<string, string>): Client<S> =>
    createClient(service, {
      unary: (method, signal, timeoutMs, _header, input, values) => transport.unary(method, signal, timeoutMs, headers, input, values),
      stream: transport.stream,
    });
  return {
    database,
    dependencies,
    client: (organizationId, idempotencyKey) =>
      clientOf(ClaimService, { authorization: organizationId, ...(idempotencyKey === undefined ? {} : { 'idempotency-key': idempotencyKey }) }),
    tasks: (organizationId) => clientOf(TaskService, { authorization: organizationId }),
    async insertTask(id, columns = {}) {
      const row = { organization_id: 'acme', id, title: id, created_by: 'test', rank: 0, ...columns };
      const names = Object.keys(row);
      await pool.query(`INSERT INTO tasks (${names}) VALUES (${names.map((_, i) => `$${i + 1}`)})`, Object.values(row));
    },
    passLeases: async () => void (await pool.query(`UPDATE tasks SET expires_at = clock_timestamp() - interval '1 second' WHERE status = 'claimed'`)),
    async events(id) {
      const { rows } = await pool.query<{ type: string }>('SELECT type FROM task_events WHERE task_id = $1 ORDER BY id', [id]);
      return rows.map((row) => row.type);
    },
    async column(id, name) {
      const { rows } = await pool.query<Record<string, unknown>>(`SELECT ${name} AS value FROM tasks WHERE id = $1 AND organization_id = 'acme'`, [
        id,
      ]);
      return rows[0]?.value;
    },
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
}
