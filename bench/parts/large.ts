import { dispatcherNames } from '../contenders/dispatcher.ts';
import type { Load } from '../load/driver.ts';
import { type LoadProcess, startLoadProcess } from '../load/load-process.ts';
import type { Case, Target, Way } from '../measure/comparison.ts';
import { latencyOf } from '../measure/sample.ts';
import { organizationNames } from '../stage/insert-tasks.ts';
import { type LargeDatabase, postponing } from '../stage/large-databases.ts';
import type { Stage } from '../stage/stage.ts';
import type { Part } from './part.ts';

interface Size extends Case {
  readonly load: LoadProcess;
  readonly organizations: number;
}

/** Few claims, so that they do not change what is measured. */
const claims = 100;

/** Claim-next among many tasks. */
export const largePart: Part = {
  name: 'large',
  about: 'how long claim-next takes among up to 1,000,000 tasks, in 1 and in 100 organizations',
  async run(stage) {
    await using resources = new AsyncDisposableStack();
    // Two at a time, because each keeps a core busy.
    const sizes = (await Promise.all([1, 100].map((organizations) => openSizes(stage, resources, organizations)))).flat();
    const compared = await stage.compare({
      title: 'Claim-next among many tasks',
      about: `The median time of a claim through ${dispatcherNames.statements}, one at a time, in a random organization.`,
      unit: 'ms',
      cases: sizes,
      ways: [
        way('any task', stage, ({ organizations }) => ({ organizations: organizationNames(organizations) })),
        way('for an owner who has no task', stage, ({ organizations }) => ({ organizations: organizationNames(organizations), owner: 'nobody' })),
        way('behind 10,000 tasks that wait for a time', stage, () => ({ organizations: [postponing] })),
      ],
      targets: targetsFor(sizes),
    });
    return [compared];
  },
};

async function openSizes(stage: Stage, resources: AsyncDisposableStack, organizations: number): Promise<Size[]> {
  const sizes: Size[] = [];
  for (const tasks of stage.scale.sizes) sizes.push(await openSize(await stage.large(tasks, organizations), resources));
  return sizes;
}

async function openSize({ url, tasks, organizations }: LargeDatabase, resources: AsyncDisposableStack): Promise<Size> {
  const load = resources.use(await startLoadProcess('dispatcher-statements', { at: url }));
  return { name: `${tasks.toLocaleString('en')} in ${organizations}`, load, organizations };
}

function way(name: string, { scale, postgres }: Stage, wanted: (size: Size) => Pick<Load, 'organizations' | 'owner'>): Way<Size> {
  return {
    name,
    async measure(size) {
      const load: Load = { work: 'claim', inFlight: 1, mostCalls: claims, seconds: scale.seconds, ...wanted(size) };
      await size.load.run({ ...load, mostCalls: 20 });
      return await latencyOf({ Node: size.load.cpu, PostgreSQL: postgres.cpu }, () => size.load.run(load));
    },
  };
}

/** Compares the largest database with the smallest, for each number of organizations. */
function targetsFor(sizes: readonly Size[]): Target[] {
  const groups = Object.values(Object.groupBy(sizes, ({ organizations }) => organizations));
  return groups.flatMap((group) => {
    const [first, last] = [group?.[0]?.name ?? '', group?.at(-1)?.name ?? ''];
    return ['any task', 'for an owner who has no task', 'behind 10,000 tasks that wait for a time'].map(
      (name): Target => ({
        way: name,
        at: last,
        toWay: 'any task',
        toCase: first,
        atMost: 1.2,
      }),
    );
  });
}
