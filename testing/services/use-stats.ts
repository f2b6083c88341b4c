import { type Client, createClient } from '@connectrpc/connect';
import { type Database, openDatabase } from '@dispatcher/database/connection/database.ts';
import { errorFromDatabase } from '@dispatcher/database/connection/errors.ts';
import { type HolderSaid, logEvents } from '@dispatcher/database/events/event-log.ts';
import { createLocalBus, type EventBus } from '@dispatcher/kit/bus/event-bus.ts';
import { createDirectTransport } from '@dispatcher/kit/serving/direct-transport.ts';
import { serviceInterceptors } from '@dispatcher/kit/serving/interceptors.ts';
import { createLog } from '@dispatcher/kit/telemetry/log.ts';
import { committedSubject } from '@dispatcher/stats/relay.ts';
import { startStatsService } from '@dispatcher/stats/service.ts';
import { StatsService } from '@recursiv/proto/gen/dispatcher/v1/stats_pb.ts';
import { useDatabase } from '../harness/use-database.ts';
import { authenticateByName } from './use-named-callers.ts';

/** A stats service on its own database, for tests. */
export interface TestStats extends AsyncDisposable {
  readonly url: string;
  readonly database: Database;
  readonly bus: EventBus;
  /** A client with an organization's key, or with the admin key for `admin`. */
  client(organizationId: string): Client<typeof StatsService>;
  /** Creates a task by SQL, as the task service would, and wakes the relay. */
  createTask(id: string, columns?: Record<string, unknown>): Promise<void>;
  /** Changes a task by SQL, logs the event with the words of its holder, and wakes the relay. */
  changeTask(id: string, type: string, assignments: string, said?: HolderSaid): Promise<void>;
}

const log = createLog('silent');

/** So long that the service deletes no rows of a test by itself. A test says itself what to delete. */
const retention = { positionDays: 100_000, taskDays: 100_000 };

/** Starts a stats service for a test. Dispose it at the end. */
export async function useStats(): Promise<TestStats> {
  const stack = new AsyncDisposableStack();
  const { url } = stack.use(await useDatabase());
  const database = stack.use(await openDatabase(url));
  const bus = stack.use(createLocalBus());
  const service = stack.use(await startStatsService({ database, bus, log, retention }));
  const interceptors = serviceInterceptors({ log, authenticate: authenticateByName, convertError: errorFromDatabase });
  const transport = createDirectTransport([service.routes], interceptors);
  const change = async (text: string, values: unknown[]) => {
    await database.pool.query(text, [null, null, null, ...values]);
    bus.publish(committedSubject, new Uint8Array());
  };
  return {
    url,
    database,
    bus,
    client: (organizationId) => {
      const headers = { authorization: organizationId };
      return createClient(StatsService, {
        unary: (method, signal, timeoutMs, _header, input, values) => transport.unary(method, signal, timeoutMs, headers, input, values),
        stream: (method, signal, timeoutMs, _header, input, values) => transport.stream(method, signal, timeoutMs, headers, input, values),
      });
    },
    async createTask(id, columns = {}) {
      const row = { organization_id: 'acme', id, title: id, created_by: 'test', rank: 0, ...columns };
      const names = Object.keys(row);
      await change(
        `WITH made AS (INSERT INTO tasks (${names}) VALUES (${names.map((_, i) => `$${i + 4}`)}) RETURNING *),
        ${logEvents(`SELECT *, 'task.created' AS type, 'test' AS actor, NULL AS status_before, NULL AS owner_before, NULL AS layer_before, NULL AS event_token FROM made`)}
        SELECT 1`,
        Object.values(row),
      );
    },
    changeTask: (id, type, assignments, said) =>
      change(
        `WITH old AS (SELECT * FROM tasks WHERE id = $4 FOR UPDATE),
        changed AS (UPDATE tasks t SET ${assignments} FROM old WHERE t.organization_id = old.organization_id AND t.id = old.id
          RETURNING t.*, old.status AS status_before, old.owner AS owner_before, old.layer AS layer_before),
        ${logEvents(`SELECT *, '${type}' AS type, 'test' AS actor, NULL AS event_token FROM changed`, said)}
        SELECT 1`,
        [id],
      ),
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
}
