import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import type { Pool } from '@dispatcher/database/connection/pool.ts';
import { migrate } from '@dispatcher/database/migrations/migrate.ts';
import { createLog } from '@dispatcher/kit/telemetry/log.ts';
import { readCredentials } from '@dispatcher/local/data-folder/credentials.ts';
import { startEmbeddedPostgres } from '@dispatcher/local/postgres/embedded-postgres.ts';
import { freePorts } from '@dispatcher/processes/free-ports.ts';
import { createGatewayProcess } from '@dispatcher/processes/processes.ts';
import { startMain } from '@dispatcher/testing/harness/start-main.ts';
import { useFolder } from '@dispatcher/testing/harness/use-folder.ts';
import { createKeepAliveCaller } from '@dispatcher/testing/system/harness/keep-alive-caller.ts';
import { startTestTopology } from '@dispatcher/testing/topology/test-topology.ts';
import type { ClaimedTask } from '@recursiv/sdk';
import type { Way } from './rounds.ts';

const backlog = 20_000;

/**
 * The ways to claim and complete a task over REST, which takes two requests. First all in one process, then separate
 * services and a gateway.
 */
export async function startRestWays(mostInFlight: number): Promise<{ ways: Way[] } & AsyncDisposable> {
  await using resources = new AsyncDisposableStack();
  const { path } = resources.use(await useFolder());
  const { url: databaseUrl } = resources.use(await startEmbeddedPostgres({ dataDir: path, log: createLog('warn') }));
  await migrate(databaseUrl);
  const topology = resources.use(await startTestTopology(databaseUrl));
  const key = await topology.createKey('acme');
  const { adminKey, services } = topology;
  const local = resources.use(
    startMain({ DATABASE_URL: databaseUrl, DISPATCHER_DATA_DIR: join(path, 'local'), DISPATCHER_API_KEY: adminKey, LOG_LEVEL: 'warn' }),
  );
  await local.ready;
  const addressOf = (name: keyof typeof services) => services[name].map(({ address }) => address);
  const addresses = { task: addressOf('task'), claim: addressOf('claim'), stats: addressOf('stats'), key: addressOf('key') };
  const [port = 0] = await freePorts(1);
  const env = { DISPATCHER_API_KEY: adminKey, LOG_LEVEL: 'warn' };
  const program = join(import.meta.dirname, 'connect-gateway.ts');
  const connectGateway = resources.use(createGatewayProcess('connect-gateway', addresses, { host: '127.0.0.1', port, env, program }));
  await connectGateway.start();
  const way = (name: string, url: string): Way => {
    const callers = Array.from({ length: mostInFlight }, () =>
      resources.adopt(createKeepAliveCaller(url, key), (caller) => caller[Symbol.dispose]()),
    );
    return { name, prepare: () => refill(topology.pool), call: async (caller) => await claimAndComplete(callers[caller]) };
  };
  const ways = [
    way('all in one process', (await readCredentials(join(path, 'local')))?.url ?? ''),
    way('after: separate processes, the channel between', topology.urls[0] ?? ''),
    way('before: separate processes, connect-node between', `http://127.0.0.1:${port}`),
  ];
  const started = resources.move();
  return { ways, [Symbol.asyncDispose]: () => started.disposeAsync() };
}

async function claimAndComplete(caller: ReturnType<typeof createKeepAliveCaller> | undefined): Promise<void> {
  const { data } = (await caller?.post<ClaimedTask | null>('/tasks/claim-next', { agent: 'ann' })) ?? {};
  if (!data) throw new Error('there was no task to claim');
  const { task_id, claim_token } = data.claim;
  const done = await caller?.post(`/done/${task_id}`, { claim_token });
  if (done?.status !== 200) throw new Error(`done was answered ${done?.status}`);
}

/** Inserts tasks directly into the database, so that the cost of creating them is not measured. */
async function refill(pool: Pool): Promise<void> {
  const { rows } = await pool.query<{ missing: string }>('SELECT $1 - count(*) AS missing FROM tasks WHERE ready', [backlog]);
  const missing = Math.max(0, Number(rows[0]?.missing));
  await pool.query(
    `INSERT INTO tasks (organization_id, id, title, rev, rank, created_by)
     SELECT 'acme', $1 || i, 'One', i % 10, task_rank(i % 10 * 1.5, clock_timestamp()), 'bench' FROM generate_series(1, $2) i`,
    [randomBytes(8).toString('hex'), missing],
  );
  await pool.query('VACUUM (ANALYZE) tasks');
}
