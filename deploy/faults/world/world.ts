import { randomBytes } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { useFolder } from '@dispatcher/test/use-folder.ts';
import { type Db, openDb } from './db.ts';
import { type Nats, startNats } from './nats.ts';
import { createNode, type Node } from './node.ts';
import { killPostgres, startSharedPostgres, urlOfCluster } from './postgres.ts';

/**
 * How a run is set up: `alone` is `npm start` as it comes, `alone-nats` the same with NATS, `pair` two processes on one PostgreSQL and one NATS, so that two relays, two
 * sweepers and two gateways compete.
 */
export type Setup = 'alone' | 'alone-nats' | 'pair';

/** The processes of a run. Disposing it ends them all and removes their data. */
export interface World extends AsyncDisposable {
  readonly setup: Setup;
  readonly nodes: readonly [Node, ...Node[]];
  readonly nats: Nats | null;
  readonly db: Db;
  readonly databaseUrl: string;
  readonly adminKey: string;
  killPostgres(): Promise<void>;
}

/** Starts all processes of a run. */
export async function startWorld(setup: Setup): Promise<World> {
  await using resources = new AsyncDisposableStack();
  const { path } = resources.use(await useFolder());
  const nats = setup === 'alone' ? null : resources.use(await startNats(path));
  const adminKey = `sk_admin_${randomBytes(24).toString('hex')}`;
  const settings = { DISPATCHER_API_KEY: adminKey, ...(nats && { NATS_URL: nats.url }) };
  const cluster = join(path, setup === 'pair' ? 'shared' : 'a', 'postgres');
  const sharedUrl = setup === 'pair' ? await sharedDatabase(resources, path) : undefined;

  const node = async (name: string) =>
    resources.use(await createNode(name, { ...settings, DISPATCHER_DATA_DIR: join(path, name), ...(sharedUrl && { DATABASE_URL: sharedUrl }) }));
  const nodes: [Node, ...Node[]] = [await node('a'), ...(setup === 'pair' ? [await node('b')] : [])];
  for (const each of nodes) await each.start();
  const databaseUrl = sharedUrl ?? (await urlOfCluster(cluster));
  const db = resources.use(openDb(databaseUrl));
  const running = resources.move();
  return {
    setup,
    nodes,
    nats,
    db,
    databaseUrl,
    adminKey,
    killPostgres: () => killPostgres(cluster),
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  };
}

async function sharedDatabase(resources: AsyncDisposableStack, path: string): Promise<string> {
  const dataDir = join(path, 'shared');
  await mkdir(dataDir);
  return resources.use(await startSharedPostgres(dataDir)).url;
}
