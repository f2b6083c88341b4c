import { setImmediate as nextTurn } from 'node:timers/promises';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { ClaimFilter } from './sql/claim-next/claim-next-task.ts';
import { WaitingClaims } from './waiting-claims.ts';

interface WorldTask {
  id: string;
  organizationId: string;
  stage: string;
  owner: string | null;
  project: string | null;
  layer: string | null;
}

const matches = (filter: ClaimFilter, task: WorldTask) =>
  (['organizationId', 'stage', 'owner', 'project', 'layer'] as const).every((field) => filter[field] === undefined || filter[field] === task[field]);

/** Tasks in memory, and callers who wait for them. A look takes a few turns, and others may be faster meanwhile. */
function createWorld() {
  const stop = new AbortController();
  const waiting = new WaitingClaims(stop.signal);
  const ready: WorldTask[] = [];
  const callers = new Set<{ filter: ClaimFilter; leave: () => void }>();
  const calls: Promise<unknown>[] = [];
  let looks = 0;
  const look = async (filter: ClaimFilter) => {
    looks += 1;
    for (let turn = 0; turn < looks % 3; turn++) await nextTurn();
    const found = ready.find((task) => matches(filter, task));
    if (found) ready.splice(ready.indexOf(found), 1);
    await nextTurn();
    return found ? { task: found } : null;
  };
  return {
    ready,
    callers,
    get looks() {
      return looks;
    },
    wait(filter: ClaimFilter) {
      const leaving = new AbortController();
      const caller = { filter, leave: () => leaving.abort() };
      callers.add(caller);
      calls.push(waiting.untilFound(filter, 30, leaving.signal, () => look(filter)).finally(() => callers.delete(caller)));
    },
    /** A task becomes available. The best tasks are first. */
    add(task: WorldTask, isBest: boolean) {
      if (isBest) ready.unshift(task);
      else ready.push(task);
      waiting.offer(task);
    },
    /** Waits until no caller looks for a task. */
    async settle() {
      for (let before = -1; before !== looks; ) {
        before = looks;
        for (let turn = 0; turn < 10; turn++) await nextTurn();
      }
    },
    async end() {
      stop.abort();
      await Promise.all(calls);
    },
  };
}

const some = fc.constantFrom(undefined, undefined, 'a', 'b');
const filters = fc.record({ organizationId: fc.constantFrom(undefined, 'acme', 'acme'), owner: some, project: some, layer: some });
const steps = fc.oneof(
  fc.record({ do: fc.constant('wait' as const), filter: filters }),
  fc.record({ do: fc.constant('add' as const), owner: some, project: some, layer: some, isBest: fc.boolean() }),
  fc.record({ do: fc.constant('steal' as const), at: fc.nat(5) }),
  fc.record({ do: fc.constant('leave' as const), at: fc.nat(5) }),
  fc.record({ do: fc.constant('turn' as const) }),
);

test('no caller sleeps while there is a task for it, whoever comes, leaves or is faster', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(steps, { minLength: 10, maxLength: 40 }), async (sequence) => {
      const world = createWorld();
      for (const [i, step] of sequence.entries()) {
        if (step.do === 'wait') world.wait({ stage: 'build', ...step.filter });
        if (step.do === 'steal') world.ready.splice(step.at, 1);
        if (step.do === 'leave') [...world.callers][step.at]?.leave();
        if (step.do === 'turn') await nextTurn();
        if (step.do !== 'add') continue;
        const { owner = null, project = null, layer = null, isBest } = step;
        world.add({ id: `t${i}`, organizationId: 'acme', stage: 'build', owner, project, layer }, isBest);
      }
      await world.settle();
      const inVain = [...world.callers].filter(({ filter }) => world.ready.some((task) => matches(filter, task)));
      expect(inVain).toEqual([]);
      await world.end();
    }),
    { numRuns: 500 },
  );
});

test('a task wakes one of a thousand callers, and a task that was taken meanwhile wakes at most one for each filter', async () => {
  const world = createWorld();
  for (let i = 0; i < 1000; i++) world.wait({ organizationId: 'acme', stage: 'build', ...(i % 2 && { owner: 'bill' }) });
  await world.settle();
  const task = { organizationId: 'acme', stage: 'build', owner: 'bill', project: null, layer: null };
  let before = world.looks;
  world.add({ ...task, id: 'one' }, true);
  await world.settle();
  expect([world.looks - before, world.callers.size]).toEqual([1, 999]);
  before = world.looks;
  world.add({ ...task, id: 'two' }, true);
  world.ready.pop();
  await world.settle();
  expect([world.looks - before, world.callers.size]).toEqual([2, 999]);
  world.add({ ...task, id: 'three', organizationId: 'globex' }, true);
  await world.settle();
  expect([world.looks - before, world.callers.size]).toEqual([2, 999]);
  await world.end();
});
