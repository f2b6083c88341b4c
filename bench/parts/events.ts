import { type LoadProcess, startLoadProcess } from '../load/load-process.ts';
import type { Case } from '../measure/comparison.ts';
import { loadGenerator } from '../measure/cpu.ts';
import { latencyOf } from '../measure/sample.ts';
import { startDispatcher } from '../stage/dispatcher-server.ts';
import { createTaskDatabase } from '../stage/task-database.ts';
import type { Part } from './part.ts';

interface Audience extends Case {
  readonly readers: number;
  /** The number of creates in flight, as fast as they can. When absent, a few creates each second. */
  readonly inFlight?: number;
}

const fewPerSecond = 20;

/** Longer than a measurement of throughput, because there are few events. */
const seconds = 2;

/** The time from the commit of a change to its arrival at the readers. */
export const eventsPart: Part = {
  name: 'events',
  about: 'how long an event takes from its commit to each reader of the stream',
  async run(stage) {
    await using resources = new AsyncDisposableStack();
    const { url: databaseUrl } = await createTaskDatabase(stage, resources);
    const server = await startDispatcher(stage, resources, { databaseUrl });
    const target = { at: server.url, key: server.key };
    const readers = resources.use(await startLoadProcess('stream', target));
    const writers = resources.use(await startLoadProcess('rest', target));
    const quiet = stage.scale.readers.map((number): Audience => ({ name: audienceName(number), readers: number }));
    const busy: Audience = { name: '1 reader, 32 creates in flight', readers: 1, inFlight: 32 };
    const clocks = { ...server.clocks, readers: readers.cpu, [loadGenerator]: writers.cpu, PostgreSQL: stage.postgres.cpu };
    const compared = await stage.compare({
      title: 'From the commit to the readers (SSE)',
      about:
        `The median time from an event's time, which the database's clock gives just before the commit, to its arrival; ${fewPerSecond} changes a second, ` +
        'or as many as 32 callers can make. CPU is for one event at one reader.',
      unit: 'ms',
      cases: [...quiet, busy],
      ways: [{ name, measure: (audience: Audience) => latencyOf(clocks, () => listen(readers, writers, audience)) }],
      targets: [
        { way: name, at: audienceName(1), figure: 'p99Ms', atMost: 250 },
        { way: name, at: busy.name, figure: 'p99Ms', atMost: 1_000 },
      ],
    });
    return [compared];
  },
};

const audienceName = (readers: number): string => (readers === 1 ? '1 reader' : `${readers.toLocaleString('en')} readers`);

const name = 'npm start';

async function listen(readers: LoadProcess, writers: LoadProcess, { readers: count, inFlight }: Audience) {
  await readers.prepare(count);
  const writing = writers.run({
    work: 'create',
    seconds: seconds - 0.2,
    inFlight: inFlight ?? 1,
    ...(inFlight === undefined && { perSecond: fewPerSecond }),
  });
  const [heard] = await Promise.all([readers.run({ work: 'get', inFlight: count, seconds }), writing]);
  return heard;
}
