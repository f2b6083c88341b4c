import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { now } from './clock.ts';
import type { FaultName, FaultRecord } from './history.ts';
import { sendRequest } from './load/send-request.ts';
import type { Random } from './random.ts';
import { waitUntil } from './wait-until.ts';
import type { Setup, World } from './world/world.ts';

/** What a run of each setup goes through, in an order of its own. */
export const faultsOf: Record<Setup, readonly FaultName[]> = {
  alone: ['restarted', 'kill-node', 'kill-all', 'postgres-killed', 'stopped', 'late-commit', 'kill-node'],
  'alone-nats': ['restarted', 'kill-node', 'kill-all', 'nats-wiped', 'postgres-killed', 'stopped', 'late-commit'],
  services: [
    'restarted',
    'kill-node',
    'kill-node',
    'kill-node',
    'kill-all',
    'nats-wiped',
    'postgres-killed',
    'stopped',
    'stopped',
    'late-commit',
    'link-cut',
    'link-stalled',
    'answers-swallowed',
  ],
  pair: ['restarted', 'kill-node', 'kill-node', 'kill-all', 'nats-wiped', 'postgres-killed', 'stopped', 'late-commit'],
};

/** Lets one fault happen, and returns when all is up again. */
export async function runFault(name: FaultName, world: World, random: Random): Promise<FaultRecord> {
  const from = now();
  const { brokenUntil, node = null, recoveryMs = null } = await actions[name](world, random);
  return { name, from, brokenUntil, to: now(), node, recoveryMs };
}

type Action = (world: World, random: Random) => Promise<{ brokenUntil: number; node?: string; recoveryMs?: number | null }>;

const actions: Record<FaultName, Action> = {
  restarted: restartNode,
  'kill-node': killNode,
  'kill-all': killAll,
  'nats-wiped': wipeNats,
  'postgres-killed': killDatabase,
  stopped: stopNode,
  'late-commit': commitLate,
  'link-cut': cutLink,
  'link-stalled': stallLink,
  'answers-swallowed': swallowAnswers,
};

function oneOf<T>([first, ...others]: readonly T[], random: Random): T {
  if (first === undefined) throw new Error('There is nothing to choose from.');
  return random.pick([first, ...others]);
}

/** As an update does it: what is in flight is finished first. */
async function restartNode({ processes }: World, random: Random) {
  const node = oneOf(processes, random);
  await node.stop();
  const brokenUntil = now();
  await node.start();
  return { brokenUntil, node: node.name };
}

async function killNode({ processes }: World, random: Random) {
  const node = oneOf(processes, random);
  await node.kill();
  await sleep(random.integer(100, 2_000));
  const brokenUntil = now();
  await node.start();
  return { brokenUntil, node: node.name };
}

async function killAll(world: World, random: Random) {
  const before = await databaseStart(world);
  await Promise.all([...world.processes.map((each) => each.kill()), world.killPostgres()]);
  await sleep(random.integer(0, 500));
  const brokenUntil = now();
  // A shared PostgreSQL is started again by this process; a node's own comes with the node.
  if (world.setup === 'pair' || world.setup === 'services') await newDatabaseAnswers(world, before);
  await Promise.all(world.processes.map((each) => each.start()));
  return { brokenUntil };
}

async function wipeNats({ nats }: World, random: Random) {
  await nats?.stop();
  await sleep(random.integer(1_000, 3_000));
  const brokenUntil = now();
  await nats?.startEmpty();
  // Clients look for it every half to whole second.
  await sleep(1_200);
  return { brokenUntil };
}

async function killDatabase(world: World) {
  const before = await databaseStart(world);
  await world.killPostgres();
  await newDatabaseAnswers(world, before);
  const brokenUntil = now();
  const recoveryMs = await waitUntil(10_000, async () =>
    (await Promise.all(world.nodes.map(({ url }) => answers(url, world.adminKey)))).every(Boolean),
  );
  return { brokenUntil, recoveryMs };
}

/** A connection outlives the server by a moment, so an answer alone does not say that it runs again. */
async function newDatabaseAnswers(world: World, before: number): Promise<void> {
  const waited = await waitUntil(60_000, async () => (await databaseStart(world)) !== before);
  if (waited === null) throw new Error('PostgreSQL did not come back.');
}

async function databaseStart({ db }: World): Promise<number> {
  const [row] = await db.query<{ start: number }>('SELECT extract(epoch FROM pg_postmaster_start_time())::float8 AS start');
  return row?.start ?? 0;
}

async function answers(url: string, apiKey: string): Promise<boolean> {
  const { attempt } = await sendRequest({ url, method: 'GET', path: '/tasks?limit=1', apiKey, timeoutMs: 2_000 });
  return attempt.status === 200;
}

async function stopNode({ processes }: World, random: Random) {
  const node = oneOf(processes, random);
  node.pause();
  await sleep(random.integer(1_500, 4_500));
  const brokenUntil = now();
  node.resume();
  return { brokenUntil, node: node.name };
}

/** Every connection over one way breaks; it can be made again at once. */
async function cutLink({ links }: World, random: Random) {
  oneOf(links, random).cut();
  return { brokenUntil: now() };
}

/** Nothing passes for a while, as over a network that drops packets; then all of it, or the connections break. */
async function stallLink({ links }: World, random: Random) {
  const link = oneOf(links, random);
  link.stall();
  await sleep(random.integer(500, 6_000));
  const brokenUntil = now();
  link.resume();
  return { brokenUntil };
}

/** Requests arrive, and no answer comes back. */
async function swallowAnswers({ links }: World, random: Random) {
  const link = oneOf(links, random);
  link.swallowAnswers();
  await sleep(random.integer(500, 3_000));
  const brokenUntil = now();
  // A stream with a hole in it is no stream.
  link.cut();
  link.resume();
  return { brokenUntil };
}

/** An event gets its id at once and is committed only when events with higher ids have long had their positions. */
async function commitLate({ db }: World, random: Random) {
  const client = await db.connect();
  try {
    await client.query('BEGIN');
    await client.query(createTaskSql, ['acme', `late-${randomUUID()}`]);
    await sleep(random.integer(500, 2_000));
    await client.query('COMMIT');
  } finally {
    client.release();
  }
  return { brokenUntil: now() };
}

const createTaskSql = `
WITH task AS (
  INSERT INTO tasks (organization_id, id, title, rank, created_by) VALUES ($1, $2, 'Committed late', '-Infinity', 'admin') RETURNING *
),
event AS (
  INSERT INTO task_events (organization_id, task_id, type, actor, attempt, title, status, stage, score, caller)
  SELECT organization_id, id, 'task.created', created_by, 0, title, status, stage, score, '*' FROM task RETURNING id
)
INSERT INTO unpublished (event_id) SELECT id FROM event`;
