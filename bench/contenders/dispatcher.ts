import { findNatsServer } from '@dispatcher/processes/nats-server.ts';
import { startLoadProcess } from '../load/load-process.ts';
import type { Traits } from '../measure/comparison.ts';
import { loadGenerator } from '../measure/cpu.ts';
import { startDispatcher } from '../stage/dispatcher-server.ts';
import type { Stage } from '../stage/stage.ts';
import { createTaskDatabase, type TaskDatabase } from '../stage/task-database.ts';
import type { Contender, StartContender } from './contender.ts';

const traits: Traits = {
  durable: 'every answer is committed',
  lease: 'fenced by a token and the clock of the database; heartbeats; an expired task is back within 2 s',
  events: 'every change, in the log; relay, counts and sweeper at work',
  auth: 'an API key, by its digest, kept for 0.8 s; scopes; the rules of the proto',
};

/** The names of the ways to Dispatcher. Ratios and targets refer to them. */
export const dispatcherNames = {
  statements: 'Dispatcher, statements',
  services: 'Dispatcher, services',
  rest: 'Dispatcher, REST',
  grpc: 'Dispatcher, gRPC',
  processes: 'Dispatcher, REST, separate processes',
} as const;

/** The functions of the store, as a library. */
export const startStatements: StartContender = (stage, resources) =>
  startInProcess(stage, resources, dispatcherNames.statements, 'dispatcher-statements', { ...traits, auth: 'none: the store alone' });

/** The handlers of the services, in the process of the caller. */
export const startServices: StartContender = (stage, resources) =>
  startInProcess(stage, resources, dispatcherNames.services, 'dispatcher-services', traits);

async function startInProcess(
  stage: Stage,
  resources: AsyncDisposableStack,
  name: string,
  driver: 'dispatcher-statements' | 'dispatcher-services',
  does: Traits,
): Promise<Contender> {
  const { url, prepare } = await createTaskDatabase(stage, resources);
  const load = resources.use(await startLoadProcess(driver, { at: url }));
  return { name, traits: does, clocks: { Node: load.cpu, PostgreSQL: stage.postgres.cpu }, prepare, run: load.run };
}

/** `npm start`, over REST and over gRPC: two contenders on one server. */
export async function startOneProcess(stage: Stage, resources: AsyncDisposableStack): Promise<{ rest: Contender; grpc: Contender }> {
  const database = await createTaskDatabase(stage, resources);
  const server = await startDispatcher(stage, resources, { databaseUrl: database.url });
  const over = async (name: string, driver: 'rest' | 'grpc', at: string): Promise<Contender> => {
    const load = resources.use(await startLoadProcess(driver, { at, key: server.key }));
    return served(stage, database, name, { ...server.clocks, [loadGenerator]: load.cpu }, load.run);
  };
  return { rest: await over(dispatcherNames.rest, 'rest', server.url), grpc: await over(dispatcherNames.grpc, 'grpc', server.grpcAddress) };
}

/** `npm run start:services` over REST. Null when nats-server is not installed, because the processes need it. */
export async function startSeparateProcesses(stage: Stage, resources: AsyncDisposableStack): Promise<Contender | null> {
  if (!findNatsServer('')) return null;
  const database = await createTaskDatabase(stage, resources);
  const server = await startDispatcher(stage, resources, { databaseUrl: database.url, asProcesses: true });
  const load = resources.use(await startLoadProcess('rest', { at: server.url, key: server.key }));
  return served(stage, database, dispatcherNames.processes, { ...server.clocks, [loadGenerator]: load.cpu }, load.run);
}

const served = ({ postgres }: Stage, { prepare }: TaskDatabase, name: string, clocks: Contender['clocks'], run: Contender['run']): Contender => ({
  name,
  traits,
  clocks: { ...clocks, PostgreSQL: postgres.cpu },
  prepare,
  run,
});
