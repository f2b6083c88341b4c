import { randomBytes } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { migrate } from '@dispatcher/database/migrations/migrate.ts';
import { useFolder } from '../../harness/use-folder.ts';
import type { Random } from '../random.ts';
import { type Clocks, chooseClocks } from './clocks.ts';
import { type Db, openDb } from './db.ts';
import { type Disk, mountDisk, smallLog } from './disk.ts';
import { type Nats, startNats } from './nats.ts';
import { createNode, type Node, type WorldProcess } from './node.ts';
import { killPostgres, startSharedPostgres, urlOfCluster } from './postgres.ts';
import { type Link, type Services, servicesNames, startServices } from './services.ts';

/**
 * The processes of a run. `alone`: `npm start` with its defaults. `alone-nats`: the same with NATS. `pair`: two
 * processes share one PostgreSQL and one NATS, so that two relays, two sweepers and two gateways compete. `services`:
 * two processes of each service and two gateways, and the network between them fails too.
 */
export type Setup = 'alone' | 'alone-nats' | 'pair' | 'services';

/** The processes of a run. Disposing it stops them all and removes their data. */
export interface World extends AsyncDisposable {
  readonly setup: Setup;
  /** The processes that callers use. */
  readonly nodes: readonly [Node, ...Node[]];
  /** All processes of Dispatcher: the nodes, and the services behind them when those are separate processes. */
  readonly processes: readonly WorldProcess[];
  /** The network connections between processes. */
  readonly links: readonly Link[];
  readonly nats: Nats | null;
  /**
   * The disk of PostgreSQL. It exists only when several processes share PostgreSQL and this machine lets us mount a
   * disk.
   */
  readonly disk: Disk | null;
  /** The faults that this machine does not allow, each with the reason. */
  readonly impossible: readonly string[];
  readonly db: Db;
  readonly databaseUrl: string;
  readonly adminKey: string;
  killPostgres(): Promise<void>;
}

/** Starts all processes of a run. With `random`, most of them get a clock that is a day slow or fast. */
export async function startWorld(setup: Setup, random?: Random): Promise<World> {
  await using resources = new AsyncDisposableStack();
  const { path } = resources.use(await useFolder());
  const nats = setup === 'alone' ? null : resources.use(await startNats(path));
  const adminKey = `sk_admin_${randomBytes(24).toString('hex')}`;
  const settings = { DISPATCHER_API_KEY: adminKey, ...(nats && { NATS_URL: nats.url }) };
  const clocks = random ? resources.use(await chooseClocks(namesIn[setup], random)) : null;
  const shared = setup === 'pair' || setup === 'services' ? await startShared(resources, join(path, 'shared')) : null;
  const cluster = join(path, shared ? 'shared' : 'a', 'postgres');
  const services = setup === 'services' && shared && nats ? resources.use(await startSeparately(shared.url, nats.url, adminKey, clocks)) : null;

  const node = async (name: string) =>
    resources.use(
      await createNode(name, {
        ...settings,
        ...clocks?.envOf(name),
        DISPATCHER_DATA_DIR: join(path, name),
        ...(shared && { DATABASE_URL: shared.url }),
      }),
    );
  const nodes: [Node, ...Node[]] = services?.nodes ?? [await node('a'), ...(setup === 'pair' ? [await node('b')] : [])];
  if (!services) for (const each of nodes) await each.start();
  const databaseUrl = shared?.url ?? (await urlOfCluster(cluster));
  const db = resources.use(openDb(databaseUrl));
  const running = resources.move();
  return {
    setup,
    nodes,
    processes: services?.processes ?? nodes,
    links: services?.links ?? [],
    nats,
    disk: shared?.disk ?? null,
    impossible: shared?.impossible ?? [],
    db,
    databaseUrl,
    adminKey,
    killPostgres: () => killPostgres(cluster),
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  };
}

const namesIn: Record<Setup, readonly string[]> = { alone: ['a'], 'alone-nats': ['a'], pair: ['a', 'b'], services: servicesNames };

/** Starts PostgreSQL on its own small disk. */
async function startShared(
  resources: AsyncDisposableStack,
  dataDir: string,
): Promise<{ url: string; disk: Disk | null; impossible: readonly string[] }> {
  await mkdir(dataDir);
  const disk = await mountDisk(dataDir).catch((error: unknown) => String(error));
  if (typeof disk !== 'string') resources.use(disk);
  const { url } = resources.use(await startSharedPostgres(dataDir, smallLog));
  return typeof disk === 'string'
    ? { url, disk: null, impossible: [`disk-full, log-full: no small disk can be mounted here (${disk})`] }
    : { url, disk, impossible: [] };
}

async function startSeparately(databaseUrl: string, natsUrl: string, adminKey: string, clocks: Clocks | null): Promise<Services> {
  await migrate(databaseUrl);
  return await startServices({ socketFolder: new URL(databaseUrl).searchParams.get('host') ?? '', natsUrl, adminKey, clocks });
}
