import { expect, test } from 'vitest';
import type { WorldProcess } from '../environment/node.ts';
import type { Link } from '../environment/services.ts';
import { Random } from '../random.ts';
import { kindOf, planFaults } from './plan-faults.ts';

const kinds = ['task', 'claim', 'stats', 'key', 'gateway'];
const processes = kinds.flatMap((kind) => [1, 2].map((copy) => ({ name: `${kind}-${copy}` }) as WorldProcess));

test('each round kills the processes of every kind and stops one of them', () => {
  const faults = planFaults({ setup: 'services', processes, links: [], disk: null }, 4, new Random(1)).flat();
  for (const kind of kinds) {
    const of = (name: string) => faults.filter((fault) => fault.name === name && fault.on.some((each) => kindOf(each.name) === kind));
    expect(of('killed').map(({ on }) => on.length)).toEqual(expect.arrayContaining([1, 1, 2, 2]));
    expect(of('killed')).toHaveLength(4);
    expect(of('stopped')).toHaveLength(4);
  }
});

test('the network fails in each way on each connection', () => {
  const links = (['services and PostgreSQL', 'services and NATS', 'gateways and services'] as const).map((between) => ({ between }) as Link);
  const faults = planFaults({ setup: 'services', processes, links, disk: null }, 1, new Random(1)).flat();
  for (const name of ['link-cut', 'link-stalled', 'answers-swallowed'])
    expect(new Set(faults.filter((fault) => fault.name === name).map(({ link }) => link?.between)).size).toBe(3);
});

test('faults at the same time never hit one process twice', () => {
  for (const step of planFaults({ setup: 'services', processes, links: [], disk: null }, 4, new Random(2))) {
    const hit = step.flatMap(({ on }) => on);
    expect(new Set(hit).size).toBe(hit.length);
  }
});

test('the seed decides the order', () => {
  const plan = (seed: number) => JSON.stringify(planFaults({ setup: 'pair', processes, links: [], disk: null }, 2, new Random(seed)));
  expect(plan(1)).toBe(plan(1));
  expect(plan(1)).not.toBe(plan(2));
});
