import { apiPath } from '@dispatcher/testing/system/harness/api-path.ts';
import { z } from 'zod';
import { type LoadProcess, startLoadProcess } from '../load/load-process.ts';
import type { Case, Way } from '../measure/comparison.ts';
import { latencyOf } from '../measure/sample.ts';
import { type DispatcherServer, startDispatcher } from '../stage/dispatcher-server.ts';
import type { Stage } from '../stage/stage.ts';
import type { Part } from './part.ts';

/** Filters alone and in pairs. Filters with `nobody` match nothing. */
const filters = [
  '',
  'status=pending',
  'status=done',
  'owner=owner-7',
  'owner=nobody',
  'milestone=milestone-3',
  'layer=ops',
  'project=project-4',
  'stage=merge',
  'held=true',
  'owner=owner-20&status=done',
  'layer=ops&milestone=milestone-3',
  'status=pending&owner=nobody',
];

/** The longest that a page may take. */
const limitMs = 50;

interface Listing extends Case {
  readonly server: DispatcherServer;
  readonly load: LoadProcess;
  readonly following: boolean;
}

/** The lists of tasks. */
export const listsPart: Part = {
  name: 'lists',
  about: 'how long a page of the list of tasks takes among 1,000,000, by filter',
  async run(stage) {
    await using resources = new AsyncDisposableStack();
    const tasks = stage.scale.sizes[2];
    const own = await openListings(stage, resources, 1, 'an organization', ({ key }) => key);
    const all = await openListings(stage, resources, 100, 'the admin, 100 organizations', ({ adminKey }) => adminKey);
    const cases = [...own, ...all];
    const compared = await stage.compare(
      {
        title: `Pages of 50 among ${tasks.toLocaleString('en')} tasks`,
        about: 'The median time of GET /tasks over REST, one at a time: the first page, and the one after it by its cursor.',
        unit: 'ms',
        cases,
        ways: filters.map((filter) => way(filter, stage)),
        targets: [{ atMost: limitMs }],
      },
      2,
    );
    return [compared];
  },
};

const nameOf = (filter: string): string => (filter === '' ? 'no filter' : filter);

async function openListings(
  stage: Stage,
  resources: AsyncDisposableStack,
  organizations: number,
  name: string,
  keyOf: (server: DispatcherServer) => string,
): Promise<Listing[]> {
  const { url } = await stage.large(stage.scale.sizes[2], organizations);
  const server = await startDispatcher(stage, resources, { databaseUrl: url });
  const load = resources.use(await startLoadProcess('rest', { at: server.url, key: keyOf(server) }));
  return [false, true].map((following) => ({
    name: `${name}: ${following ? 'next' : 'first'} page`,
    server: { ...server, key: keyOf(server) },
    load,
    following,
  }));
}

function way(filter: string, { scale, postgres }: Stage): Way<Listing> {
  return {
    name: nameOf(filter),
    async measure({ server, load, following }) {
      const first = `/tasks?limit=50${filter && `&${filter}`}`;
      const path = following ? await pathAfter(server, first) : first;
      if (path === null) return null;
      const reading = { work: 'get', inFlight: 1, seconds: Math.min(0.2, scale.seconds), path } as const;
      return await latencyOf({ ...server.clocks, PostgreSQL: postgres.cpu }, () => load.run(reading));
    },
  };
}

/** The path of the next page. Null when there is none. */
async function pathAfter({ url, key }: DispatcherServer, path: string): Promise<string | null> {
  const response = await fetch(`${url}${apiPath}${path}`, { headers: { authorization: `Bearer ${key}` } });
  if (!response.ok) throw new Error(`GET ${path} was answered ${response.status}: ${await response.text()}`);
  const { next_cursor } = z.object({ meta: z.object({ next_cursor: z.string().optional() }) }).parse(await response.json()).meta;
  return next_cursor === undefined ? null : `${path}&cursor=${encodeURIComponent(next_cursor)}`;
}
