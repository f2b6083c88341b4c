import { setTimeout as sleep } from 'node:timers/promises';
import { Logger, makeWorkerUtils, run as runWorker } from 'graphile-worker';
import type { Run } from '../../measure/sample.ts';
import { openPool } from '../../stage/open-pool.ts';
import type { Caller } from '../caller.ts';
import { createRun } from '../caller.ts';
import type { Driver, DriverTarget, Load } from '../driver.ts';
import { newTask } from '../new-task.ts';

/**
 * Its documentation recommends a connection for each job in flight, and one more. More than this would only wait for
 * each other.
 */
const mostConnections = 33;

const logger = new Logger(() => () => undefined);

/**
 * graphile-worker with these settings and otherwise its defaults. It claims jobs itself and passes them to a function,
 * so it measures itself.
 */
export async function openGraphileWorker({ at }: DriverTarget, settings: NonNullable<GraphileConfig.Preset['worker']>): Promise<Driver> {
  const utils = await makeWorkerUtils({ connectionString: at, logger });
  await utils.migrate();
  const pool = openPool(at);
  const jobsLeft = async (): Promise<number> => {
    const { rows } = await pool.query<{ jobs: number }>('SELECT count(*)::integer AS jobs FROM graphile_worker._private_jobs');
    return rows[0]?.jobs ?? 0;
  };
  const caller: Caller = { create: async () => void (await utils.addJob('job', newTask, { priority: 5 })) };
  const runCallers = createRun(() => caller);
  return {
    async prepare(backlog) {
      const missing = Math.max(0, backlog - (await jobsLeft()));
      for (let i = 0; i < missing; i += chunk) await utils.addJobs(Array.from({ length: Math.min(chunk, missing - i) }, job));
      await pool.query('VACUUM (ANALYZE) graphile_worker._private_jobs');
    },
    run: (load) => (load.work === 'claim and complete' ? drain(at, settings, load, jobsLeft) : runCallers(load)),
  };
}

const chunk = 5_000;

const job = () => ({ identifier: 'job', payload: newTask, priority: Math.floor(Math.random() * 1000) });

/**
 * Runs a worker until the time is over. Its function may be ahead of what is committed, so this counts the jobs that
 * are gone from its table.
 */
async function drain(
  connectionString: string,
  settings: NonNullable<GraphileConfig.Preset['worker']>,
  { inFlight, seconds, mostCalls = Number.POSITIVE_INFINITY }: Load,
  jobsLeft: () => Promise<number>,
): Promise<Run> {
  let handled = 0;
  let startedAt = Number.NaN;
  const before = await jobsLeft();
  const runner = await runWorker({
    preset: { worker: { connectionString, logger, concurrentJobs: inFlight, maxPoolSize: Math.min(inFlight + 1, mostConnections), ...settings } },
    noHandleSignals: true,
    taskList: {
      job: () => {
        if (handled === 0) startedAt = performance.now();
        handled += 1;
      },
    },
  });
  try {
    const startBy = performance.now() + startLimitMs;
    while (handled === 0 && performance.now() < startBy) await sleep(1);
    if (handled === 0) throw new Error(`graphile-worker took none of ${before} jobs`);
    while (handled < mostCalls && performance.now() < startedAt + seconds * 1000) await sleep(2);
    return { count: before - (await jobsLeft()), seconds: (performance.now() - startedAt) / 1000, p50Ms: null, p99Ms: null };
  } finally {
    await runner.stop();
  }
}

/** A worker takes its first job long before this time is over. */
const startLimitMs = 20_000;
