import { DispatcherError } from '@dispatcher/kit/serving/errors.ts';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type TestClaims, useClaims } from '../services/use-claims.ts';

/** A task as far as the graph goes. */
interface ModelTask {
  id: string;
  status: 'pending' | 'claimed' | 'done';
  held: boolean;
  archived: boolean;
  key: string | null;
  dependsOn: ModelTask[];
  events: string[];
}

type Step =
  | { do: 'claimNext' }
  | { do: 'claim' | 'done' | 'release' | 'archive' | 'hold' | 'free'; task: number }
  | { do: 'depend'; task: number; on: number[] };

const most = 6;
const task = fc.nat({ max: most - 1 });
const steps: fc.Arbitrary<Step>[] = [
  fc.record({ do: fc.constant('claimNext' as const) }),
  fc.record({ do: fc.constantFrom('claim' as const, 'done' as const, 'done' as const), task }),
  fc.record({ do: fc.constantFrom('release' as const, 'archive' as const, 'hold' as const, 'free' as const), task }),
  fc.record({ do: fc.constant('depend' as const), task, on: fc.uniqueArray(task, { maxLength: 3 }) }),
];
/** Each task may depend on those before it. */
const graphs = fc.tuple(
  ...Array.from({ length: most }, (_, i) => fc.record({ on: fc.subarray([...Array(i).keys()]), key: fc.option(fc.constantFrom('k', 'l')) })),
);

test('tasks that wait for each other behave as a small model of them does, whatever is tried in whatever order', async () => {
  await using claims = await useClaims();
  let run = 0;
  await fc.assert(
    fc.asyncProperty(graphs, fc.array(fc.oneof(...steps), { minLength: 5, maxLength: 30 }), async (graph, sequence) => {
      run += 1;
      const organizationId = `org${run}`;
      await claims.database.pool.query('INSERT INTO organizations (id) VALUES ($1)', [organizationId]);
      const model: ModelTask[] = [];
      for (const { on, key } of graph) await create(claims, organizationId, model, on, key);
      for (const step of sequence) expect(await perform(claims, organizationId, model, step), JSON.stringify(step)).toBe(predict(model, step));
      for (const { id, events, status, ...one } of model) {
        const { data } = await claims.tasks(organizationId).getTask({ taskId: id });
        expect(data).toMatchObject({ status, held: one.held, blockedBy: open(one.dependsOn).map((other) => other.id) });
        expect(await claims.events(id)).toEqual(events);
      }
    }),
    { numRuns: 40 },
  );
}, 300_000);

async function create(claims: TestClaims, organizationId: string, model: ModelTask[], on: readonly number[], key: string | null): Promise<void> {
  const dependsOn = on.flatMap((i) => model[i] ?? []);
  const id = `${organizationId}-${model.length}`;
  const concurrencyKey = key === null ? {} : { concurrencyKey: key };
  await claims.tasks(organizationId).createTask({ id, title: id, dependsOn: dependsOn.map((other) => other.id), ...concurrencyKey });
  model.push({ id, status: 'pending', held: false, archived: false, key, dependsOn, events: ['task.created'] });
}

/** What the services answer: the claimed task, `ok`, or the reason of the refusal. */
async function perform(claims: TestClaims, organizationId: string, model: ModelTask[], step: Step): Promise<string> {
  const client = claims.client(organizationId);
  const tasks = claims.tasks(organizationId);
  const taskId = 'task' in step ? (model[step.task]?.id ?? '') : '';
  const agent = 'ann';
  const calls: Record<Step['do'], () => Promise<unknown>> = {
    claimNext: async () => (await client.claimNextTask({ agent })).data?.task?.id ?? 'null',
    claim: () => client.claimTask({ taskId, agent }),
    done: () => client.completeTask({ taskId }),
    release: () => client.releaseTask({ taskId, releaseReason: 'not_started' }),
    archive: () => client.archiveTask({ taskId }),
    hold: () => tasks.updateTask({ taskId, held: true }),
    free: () => tasks.updateTask({ taskId, held: false }),
    depend: () => {
      const dependsOn = 'on' in step ? step.on.flatMap((i) => model[i]?.id ?? []) : [];
      return tasks.updateTask({ taskId, dependsOn, updateMask: { paths: ['depends_on'] } });
    },
  };
  try {
    const answer = await calls[step.do]();
    return typeof answer === 'string' ? answer : 'ok';
  } catch (thrown) {
    if (thrown instanceof DispatcherError) return thrown.reason;
    throw thrown;
  }
}

const isOpen = ({ status, archived }: ModelTask) => status !== 'done' && !archived;
const open = (tasks: readonly ModelTask[]) => tasks.filter(isOpen);
const isKeyTaken = (model: readonly ModelTask[], { key, id }: ModelTask) =>
  key !== null && model.some((other) => other.key === key && other.status === 'claimed' && other.id !== id);

function predict(model: ModelTask[], step: Step): string {
  if (step.do === 'claimNext') {
    const free = (one: ModelTask) => one.status === 'pending' && !one.held && !one.archived;
    const next = model.find((one) => free(one) && open(one.dependsOn).length === 0 && !isKeyTaken(model, one));
    if (next) claim(next);
    return next?.id ?? 'null';
  }
  const one = model[step.task];
  if (!one) return 'not_found';
  if (step.do === 'archive') return one.archived ? 'ok' : end(model, one, { archived: true, status: one.status === 'done' ? 'done' : 'pending' });
  if (step.do === 'depend') return depend(model, one, step.on);
  if (one.archived) return 'archived';
  if (step.do === 'hold' || step.do === 'free') return change(one, { held: step.do === 'hold' });
  if (one.status === 'done') return 'already_done';
  if (step.do === 'claim') return claimById(model, one);
  if (one.status !== 'claimed') return 'not_claimed';
  if (step.do === 'done') return end(model, one, { status: 'done' });
  one.status = 'pending';
  one.events.push('task.released');
  return 'ok';
}

function claim(one: ModelTask): void {
  Object.assign(one, { status: 'claimed', held: false });
  one.events.push('task.claimed');
}

function claimById(model: readonly ModelTask[], one: ModelTask): string {
  if (one.status === 'claimed') return 'already_claimed';
  if (open(one.dependsOn).length > 0) return 'blocked';
  if (isKeyTaken(model, one)) return 'concurrency_limit';
  claim(one);
  return 'ok';
}

function change(one: ModelTask, { held }: { held: boolean }): string {
  if (one.held !== held) one.events.push('task.updated');
  one.held = held;
  return 'ok';
}

function end(model: readonly ModelTask[], one: ModelTask, change: Partial<ModelTask>): string {
  const waiting = isOpen(one) ? model.filter(({ dependsOn }) => dependsOn.includes(one)) : [];
  Object.assign(one, change);
  one.events.push(change.archived ? 'task.archived' : 'task.completed');
  for (const other of waiting) {
    const isFree = open(other.dependsOn).length === 0 && other.status === 'pending' && !other.archived;
    if (isFree) other.events.push('task.unblocked');
  }
  return 'ok';
}

function depend(model: readonly ModelTask[], one: ModelTask, on: readonly number[]): string {
  const wanted = on.flatMap((i) => model[i] ?? []);
  const reaches = (from: ModelTask): boolean => from === one || from.dependsOn.some(reaches);
  if (wanted.filter((other) => !one.dependsOn.includes(other)).some(reaches)) return 'dependency_cycle';
  if (one.archived) return 'archived';
  const isSame = wanted.length === one.dependsOn.length && wanted.every((other, i) => other === one.dependsOn[i]);
  if (!isSame) one.events.push('task.updated');
  one.dependsOn = wanted;
  return 'ok';
}
