import { type CallOptions, type Client, createClient } from '@connectrpc/connect';
import { type Database, openDatabase } from '@dispatcher/database/connection/database.ts';
import { errorFromDatabase } from '@dispatcher/database/connection/errors.ts';
import { createResolveKey } from '@dispatcher/database/find-key.ts';
import { keyRoutes } from '@dispatcher/key/routes.ts';
import { createAuthenticate } from '@dispatcher/kit/auth/authentication.ts';
import { createDirectTransport } from '@dispatcher/kit/serving/direct-transport.ts';
import { serviceInterceptors } from '@dispatcher/kit/serving/interceptors.ts';
import { createLog } from '@dispatcher/kit/telemetry/log.ts';
import { KeyService } from '@recursiv/proto/gen/dispatcher/v1/key_pb.ts';
import { useDatabase } from '../harness/use-database.ts';

/** A key service on its own database, for tests. It authenticates callers by the keys that it created. */
export interface TestKeys extends AsyncDisposable {
  readonly database: Database;
  readonly client: Client<typeof KeyService>;
  /** Runs SQL. */
  query<Row>(text: string, values?: readonly unknown[]): Promise<Row[]>;
}

/** Sends a key with a call. */
export const withKey = (key: string | undefined): CallOptions => ({ headers: { authorization: `Bearer ${key}` } });

const adminKey = 'the-admin-key-of-the-tests';

/** Sends the admin key with a call. */
export const asAdmin = withKey(adminKey);

/** Starts a key service for a test. Dispose it at the end. */
export async function useKeys(): Promise<TestKeys> {
  await using resources = new AsyncDisposableStack();
  const { url } = resources.use(await useDatabase());
  const database = resources.use(await openDatabase(url));
  const authenticate = createAuthenticate(adminKey, createResolveKey(database.pool));
  const interceptors = serviceInterceptors({ log: createLog('silent'), authenticate, convertError: errorFromDatabase });
  const started = resources.move();
  return {
    database,
    client: createClient(KeyService, createDirectTransport([keyRoutes({ database })], interceptors)),
    query: async <Row>(text: string, values: readonly unknown[] = []) => (await database.pool.query(text, [...values])).rows as Row[],
    [Symbol.asyncDispose]: () => started.disposeAsync(),
  };
}
