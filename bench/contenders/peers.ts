import type { Traits } from '../measure/comparison.ts';
import { type StartContender, startLibrary } from './contender.ts';

const nobody = 'none: a library in the process of its caller';

const pgBossTraits: Traits = {
  durable: 'every fetch and every completion is committed',
  lease: 'a job expires after 15 minutes, or when its heartbeats end; a late completion by id alone, as here, is taken',
  events: 'none; the completed job stays in its table',
  auth: nobody,
};

const graphileTraits: Traits = {
  durable: 'every claim and every completion is committed',
  lease: 'none: a job of a dead worker is locked for 4 hours',
  events: 'none; the completed job is deleted',
  auth: nobody,
};

/** pg-boss, one job per call. */
export const startPgBoss: StartContender = startLibrary('pg-boss', 'pg-boss', pgBossTraits, ({ postgres }) => postgres.createDatabase('pgboss'));

/** pg-boss in batches. */
export const startPgBossBatches: StartContender = startLibrary(
  'pg-boss, batches',
  'pg-boss-batches',
  { ...pgBossTraits, durable: 'one commit for as many fetches, and for as many completions, as are in flight' },
  ({ postgres }) => postgres.createDatabase('pgboss_batches'),
);

/** graphile-worker with its defaults. */
export const startGraphileWorker: StartContender = startLibrary('graphile-worker', 'graphile-worker', graphileTraits, ({ postgres }) =>
  postgres.createDatabase('graphile'),
);

/** graphile-worker with its local queue. */
export const startGraphileLocalQueue: StartContender = startLibrary(
  'graphile-worker, local queue',
  'graphile-worker-local-queue',
  { ...graphileTraits, durable: '500 jobs are claimed by one commit; completions are committed in batches after the function has returned' },
  ({ postgres }) => postgres.createDatabase('graphile_local'),
);
