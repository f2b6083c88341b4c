import { randomBytes } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { migrate } from '@dispatcher/database/migrate.ts';
import type { TcpProxy } from '@dispatcher/processes/tcp-proxy.ts';
import { useFolder } from '@dispatcher/test/use-folder.ts';
import { type Db, openDb } from './db.ts';
import { type Nats, startNats } from './nats.ts';
import { createNode, type Node, type WorldProcess } from './node.ts';
import { killPostgres, startSharedPostgres, urlOfCluster } from './postgres.ts';
import { type Services, startServices } from './services.ts';

/**
 * How a run is set up: `alone` is `npm start` as it comes, `alone-nats` the same with NATS, `pair` two processes on one PostgreSQL and one NATS, so that two relays, two
 * sweepers and two gateways compete; `services` two of each service and two gateways, each a process of its own, with a network between them that fails too.
 */
export type Setup = 'alone' | 'alone-nats' | 'pair' | 'services';

/** The processes of a run. Disposing it ends them all and removes their data. */
export interface World extends AsyncDisposable {
  readonly setup: Setup;
  /** What callers reach. */
  readonly nodes: readonly [Node, ...Node[]];
  /** All of Dispatcher's processes: the nodes, and the services behind them where those run alone. */
  readonly processes: readonly WorldProcess[];
  /** The ways between processes. */
  readonly links: readonly TcpProxy[];
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
  const isShared = setup === 'pair' || setup === 'services';
  const cluster = join(path, isShared ? 'shared' : 'a', 'postgres');
  const sharedUrl = isShared ? await sharedDatabase(resources, path) : undefined;
  const services = setup === 'services' && sharedUrl && nats ? resources.use(await startSeparately(sharedUrl, nats.url, adminKey)) : null;

  const node = async (name: string) =>
    resources.use(await createNode(name, { ...settings, DISPATCHER_DATA_DIR: join(path, name), ...(sharedUrl && { DATABASE_URL: sharedUrl }) }));
  const nodes: [Node, ...Node[]] = services?.nodes ?? [await node('a'), ...(setup === 'pair' ? [await node('b')] : [])];
  if (!services) for (const each of nodes) await each.start();
  const databaseUrl = sharedUrl ?? (await urlOfCluster(cluster));
  const db = resources.use(openDb(databaseUrl));
  const running = resources.move();
  return {
    setup,
    nodes,
    processes: services?.processes ?? nodes,
    links: services?.links ?? [],
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

async function startSeparately(databaseUrl: string, natsUrl: string, adminKey: string): Promise<Services> {
  await migrate(databaseUrl);
  return await startServices({ socketFolder: new URL(databaseUrl).searchParams.get('host') ?? '', natsUrl, adminKey });
}
